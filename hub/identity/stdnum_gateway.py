"""What python-stdnum knows of Chinese numbers. The only importer of stdnum.

Its ``cn.ric`` as a whole is not asked: it takes births in the year 2099, refuses the residence
permits of Hong Kong, Macao and Taiwan residents and the cards of 2023, and refuses people whose
county got its code after they were born, which is everybody born before 1980. Its check digit
(ISO 7064) and its table of provinces are right.
"""


def check_digit(digits: str) -> str:
    """The check character of ISO 7064 MOD 11-2 for a string of digits: ``0`` to ``9`` or ``X``."""
    from stdnum.iso7064 import mod_11_2

    found: str = mod_11_2.calc_check_digit(digits)
    return found


def is_province(two_digits: str) -> bool:
    """Whether GB/T 2260 gives these two digits to a province-level division."""
    from stdnum import numdb

    return "province" in numdb.get("cn/loc").info(two_digits)[0][1]
