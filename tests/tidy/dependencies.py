"""Each include of our own must be in the DEPS closure of its library; DEPS point downward and never in a circle."""
import os

from tree import Finding, includes

# Who may stand on whom: a library of a folder on the left may only name libraries of the folders on the right.
MAY_USE = {"common": ("common",), "node": ("common", "node"), "operator": ("common", "operator")}


def closure(libraries, name, seen=None):
    seen = set() if seen is None else seen
    if name in libraries and name not in seen:
        seen.add(name)
        for dep in libraries[name].deps:
            closure(libraries, dep, seen)
    return seen


def circle_through(libraries, name):
    """The names on a way from `name` back to itself, or nothing."""
    def walk(at, way):
        for dep in libraries[at].deps if at in libraries else ():
            if dep == name:
                return way
            if dep not in way:
                found = walk(dep, way + [dep])
                if found:
                    return found
        return None
    return walk(name, [name])


def check(tree):
    libraries = {t.name: t for t in tree.targets if t.kind == "library"}
    by_folder = {}
    for library in libraries.values():
        by_folder.setdefault(library.folder, set()).add(library.name)
    programs = {t.folder for t in tree.targets if t.kind == "program"}

    def libraries_of(path):
        """The libraries of the nearest folder above that has any."""
        folder = os.path.dirname(path)
        while folder:
            if folder in by_folder:
                return by_folder[folder]
            folder = os.path.dirname(folder)
        return set()

    for target in tree.targets:
        top = target.folder.split("/")[0]
        for dep in target.deps:
            if dep not in libraries:
                yield Finding(target.file, target.line, "deps", f"{target.name} names '{dep}', which no cairn_library declares")
            elif top in MAY_USE and libraries[dep].folder.split("/")[0] not in MAY_USE[top]:
                yield Finding(target.file, target.line, "deps",
                              f"{target.name} in {top}/ must not depend on {dep} in {libraries[dep].folder}/")
        if target.kind == "library":
            circle = circle_through(libraries, target.name)
            if circle and target.name == min(circle):
                yield Finding(target.file, target.line, "deps", "circle: " + " -> ".join(circle + [target.name]))

    built = {os.path.normpath(os.path.join(t.folder, source)) for t in tree.targets for source in t.sources}
    for path in tree.code_files():
        top = path.split("/")[0]
        own = libraries_of(path)
        is_product = top in MAY_USE
        is_program = path in tree.program_sources
        if is_product and not own and not is_program and os.path.dirname(path) not in programs:
            yield Finding(path, 0, "deps", "belongs to no cairn_library or cairn_program")
            continue
        if is_product and path.endswith(".cc") and path not in built:
            yield Finding(path, 0, "deps", "is in no SOURCES: it is never built")
        allowed = set(own)
        for name in own:
            allowed |= closure(libraries, name)
        for line, quote, name in includes(tree.text(path)):
            if quote != '"':
                continue
            if not tree.exists(name):
                yield Finding(path, line, "include", f'"{name}" is not a file; our includes start at the root of the tree')
                continue
            if not is_product:
                continue  # tests and benchmarks look at everything
            if name.split("/")[0] not in MAY_USE[top]:
                yield Finding(path, line, "include", f'{top}/ must not include "{name}"')
            elif not is_program and own and not libraries_of(name) & allowed:
                owners = ", ".join(sorted(libraries_of(name))) or "a folder without a library"
                yield Finding(path, line, "include",
                              f'"{name}" belongs to {owners}, which is not in the DEPS of {", ".join(sorted(own))}')
