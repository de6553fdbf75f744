// 窗口: who is the subject themself is not asked for a name and a document again.
(() => {
  const rest = document.querySelector("[data-unless-self]");
  if (!rest) return;
  const show = () => {
    const chosen = document.querySelector("input[name=relation]:checked");
    rest.hidden = chosen !== null && chosen.value === "self";
  };
  document.querySelectorAll("input[name=relation]").forEach((each) => each.addEventListener("change", show));
  show();
})();
