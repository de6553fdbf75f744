#!/usr/bin/env bash
# Fetches the style sheet, the icons, the charts, the diagrams and htmx that the pages use from npm and puts them under workflow_app/web/static/vendor.
# Versions and digests are pinned here; the files are committed, so that nothing but the application serves them.
# Run it after changing a version or the list of icons; it needs npm and writes nothing outside of that folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TABLER=1.6.1
TABLER_SHA256=d02d679e51f6c179b21f035e154c13cdcb2ae8b18579e56ea606408ba7fc7a87
ICONS=3.52.0
ICONS_SHA256=626620c7d42afd2f294fba167ce4653b5cb946336d186b4991c70b700e5616af
# Charts; a file of the distribution with lines, bars, legend, tooltip and marks, and nothing that it does not need.
ECHARTS=6.1.0
ECHARTS_SHA256=681aff88cc1038c3fa941a3a53d1b177a52250b05335efc607d6105ae13be481
# Process diagrams, to look at and to move about in. Its licence asks that the mark of bpmn.io stays to be seen.
BPMN_JS=18.31.1
BPMN_JS_SHA256=060ce3966426bcc8705140ec75626ffb51038d17f54b5dcd1a2f28d36bf797d6
# Parts of a page that renew themselves, said by attributes. Version 4 is written anew and still settling.
HTMX=2.0.11
HTMX_SHA256=165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e
# Outline icons of the sprite, by their Tabler names.
NAMES='adjustments alert-triangle archive arrow-back-up arrow-left arrow-right at bell bell-plus bookmark book
    building-bank calendar calendar-event calendar-off calendar-plus calendar-time camera certificate chart-bar
    chart-line check checklist checks chevron-down chevron-left chevron-right circle-check circle-x clipboard-check
    clock clock-pause copy device-desktop device-mobile dots download eye file-certificate file-check file-plus
    file-search file-text files filter flag flame gavel hand-stop help-circle history home hourglass id inbox
    info-circle keyboard language layout-dashboard link list list-check login logout mail maximize menu-2 message
    message-report message-2 moon note paperclip pencil phone photo player-pause player-play plus printer qrcode
    refresh report rotate-clockwise scale school search send settings shield-check signature star sun switch-horizontal
    table trash upload user user-check user-circle user-plus users users-group wallet world writing x zoom-in
    zoom-out zoom-reset'

target=workflow_app/web/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch NAME VERSION SHA256 FOLDER: unpacks one package of npm after checking its digest.
fetch() {
    local file
    file=$(cd "$work" && npm pack --silent "$1@$2")
    echo "$3  $work/$file" | sha256sum --check --quiet
    mkdir -p "$work/$4"
    tar -xzf "$work/$file" -C "$work/$4" --strip-components=1
}

fetch @tabler/core "$TABLER" "$TABLER_SHA256" core
fetch @tabler/icons "$ICONS" "$ICONS_SHA256" icons
fetch echarts "$ECHARTS" "$ECHARTS_SHA256" echarts
fetch bpmn-js "$BPMN_JS" "$BPMN_JS_SHA256" bpmn-js
fetch htmx.org "$HTMX" "$HTMX_SHA256" htmx

folders=(tabler tabler-icons echarts bpmn-js htmx)
for folder in "${folders[@]}"; do
    rm -rf "${target:?}/$folder"
    mkdir -p "$target/$folder"
done
# Without the pointer to a source map, which is not served.
sed '/^\/\*# sourceMappingURL=/d' "$work/core/dist/css/tabler.min.css" > "$target/tabler/tabler.min.css"
# The package of the style sheet names its licence (MIT) but does not hold its text; both have the same authors.
cp "$work/icons/LICENSE" "$target/tabler/LICENSE"
cp "$work/icons/LICENSE" "$target/tabler-icons/LICENSE"
cp "$work/echarts/dist/echarts.common.min.js" "$work/echarts/LICENSE" "$work/echarts/NOTICE" "$target/echarts/"
cp "$work/bpmn-js/dist/bpmn-navigated-viewer.production.min.js" "$target/bpmn-js/bpmn-navigated-viewer.min.js"
cp "$work/bpmn-js/dist/assets/diagram-js.css" "$work/bpmn-js/dist/assets/bpmn-js.css" "$work/bpmn-js/LICENSE" "$target/bpmn-js/"
cp "$work/htmx/dist/htmx.min.js" "$work/htmx/LICENSE" "$target/htmx/"

{
    printf '<svg xmlns="http://www.w3.org/2000/svg">\n'
    for name in $NAMES; do
        printf '<symbol id="%s" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ' "$name"
        printf 'stroke-linecap="round" stroke-linejoin="round">'
        tr '\n' ' ' < "$work/icons/icons/outline/$name.svg" |
            sed -e 's/<!--.*-->//' -e 's/<svg[^>]*>//' -e 's/<\/svg>//' -e 's/  */ /g'
        printf '</symbol>\n'
    done
    printf '</svg>\n'
} > "$target/tabler-icons/sprite.svg"

printf '%s %s\n' @tabler/core "$TABLER" @tabler/icons "$ICONS" echarts "$ECHARTS" bpmn-js "$BPMN_JS" \
    htmx.org "$HTMX" > "$target/VERSIONS"
