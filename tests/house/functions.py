"""Where functions begin and end, for the rule about their length: lists of (name, first line, lines)."""
import ast
import re

LITERALS_AND_COMMENTS = re.compile(
    r'R"([^()\\\s]{0,16})\(.*?\)\1"'                  # raw strings
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"           # not the separator in 1'000
    r"|//[^\n]*|/\*.*?\*/", re.S)
CONSTRUCTOR = re.compile(r"\)\s*(noexcept\s*)?:(?!:)")    # X(int a) : a_(a), b_{a} {
ARGUMENTS_BEFORE_BODY = re.compile(r"\)\s*(const|noexcept|override|final|mutable|constexpr|try|&|->\s*[\w:<>,&*\s]+|\s)*$")


def without_literals(text):
    """C++ or GLSL with comments gone and literals emptied; line numbers stay."""
    def blank(match):
        found = match.group(0)
        kept = "\n" * found.count("\n")
        return '""' + kept if found[0] in "\"R" else ("0" if found[0] == "'" else " ") + kept
    return LITERALS_AND_COMMENTS.sub(blank, text)


def opens_function(head):
    """Is the brace after `head`, all that was written since the last ; { or }, that of a function?"""
    head = re.sub(r"^\s*#[^\n]*(\\\n[^\n]*)*$", "", head, flags=re.M).strip()
    if ARGUMENTS_BEFORE_BODY.search(head):
        return True
    return head.endswith("}") and bool(CONSTRUCTOR.search(head))


def of_c(text):
    """Outermost functions only: what is inside counts towards them."""
    code = without_literals(text)
    found, stack, head_start, line = [], [], 0, 1      # stack: (first line, head, where the head starts)
    inside = 0                                   # depth of the stack at which a function was opened, or 0
    for index, character in enumerate(code):
        if character == "\n":
            line += 1
        elif character == "{":
            head = code[head_start:index]
            stack.append((line - head.lstrip().count("\n"), head, head_start))
            if not inside and opens_function(head):
                inside = len(stack)
            head_start = index + 1
        elif character == "}" and stack:
            first, head, begin = stack.pop()
            if inside == len(stack) + 1:
                inside = 0
                found.append((name_of(head), first, line - first + 1))
            # The braces of a member's initialiser belong to the head of its constructor.
            initialiser = not inside and CONSTRUCTOR.search(head) and not opens_function(head)
            head_start = begin if initialiser else index + 1
        elif character == ";":
            head_start = index + 1
    return found


def name_of(head):
    match = re.search(r"([\w:~]+|operator\W+)\s*\(", head)
    return match.group(1) if match else "a function"


def of_python(text):
    return [(node.name, node.lineno, node.end_lineno - node.lineno + 1)
            for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def of_shell(text):
    found, open_function = [], None
    for number, line in enumerate(text.split("\n"), 1):
        start = re.match(r"(?:function\s+)?([\w-]+)\s*\(\)\s*\{", line)
        if start and not line.rstrip().endswith("}"):
            open_function = (start.group(1), number)
        elif line.startswith("}") and open_function:
            found.append((*open_function, number - open_function[1] + 1))
            open_function = None
    return found


def functions(suffix, text):
    if suffix == ".py":
        return of_python(text)
    return of_shell(text) if suffix in (".sh", "") else of_c(text)
