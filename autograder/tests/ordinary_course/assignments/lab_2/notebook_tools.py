"""An extension of IPython that the notebook loads with %load_ext: magics for test cells."""

from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Do what %load_ext asks for."""

    def expect_equal(line: str, cell: str) -> None:
        found = eval(cell, shell.user_ns)
        assert found == eval(line, shell.user_ns), f"found {found!r}"

    def expect_value(line: str) -> object:
        return eval(line, shell.user_ns)

    shell.register_magic_function(expect_equal, "cell")
    shell.register_magic_function(expect_value, "line")
