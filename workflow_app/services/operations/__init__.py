"""What service tasks can do. Every module of this package is loaded; nothing has to be listed anywhere."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from workflow_app.services.operations.registry import Handler, registered

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

# Operation `domain.verb` → its handler.
OPERATIONS: Mapping[str, Handler] = MappingProxyType(registered())
