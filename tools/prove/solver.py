#!/usr/bin/env python3
"""cvc5 as a program: PyPI's cvc5 is a library, and `cedar symcc` talks SMT-LIB to a program on its standard input."""
import sys

import cvc5


def commands(stream):
    """Each command of the script, as soon as its last parenthesis is read: the other side waits for the answer."""
    text, depth, quote = "", 0, None
    while character := stream.read(1):
        if quote is None and character == ";":
            stream.readline()
            continue
        text += character
        if quote is not None:
            quote = None if character == quote else quote
        elif character in '"|':
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                yield text
                text = ""


def main():
    solver = cvc5.Solver(cvc5.TermManager())
    if "--version" in sys.argv:
        print(f"This is cvc5 version {cvc5.__version__}")
        return
    for option in sys.argv[1:]:
        if option.startswith("--tlimit="):
            solver.setOption("tlimit", option.removeprefix("--tlimit="))
    symbols = cvc5.SymbolManager(solver)
    parser = cvc5.InputParser(solver, symbols)
    parser.setIncrementalStringInput(cvc5.InputLanguage.SMT_LIB_2_6, "standard input")
    for text in commands(sys.stdin):
        parser.appendIncrementalStringInput(text)
        command = parser.nextCommand()
        if command.getCommandName() == "exit":
            return
        print(command.invoke(solver, symbols), end="", flush=True)


main()
