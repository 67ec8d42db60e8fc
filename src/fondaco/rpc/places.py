"""Which languages and countries may a new database be created in?"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError

# The languages a database knows from the start (oracle: data_ids/base.json, res.lang).
LANGUAGES = """
    am_ET ar_001 ar_SY az_AZ be_BY bg_BG bn_IN bs_BA ca_ES cs_CZ da_DK de_CH de_DE el_GR en_AU en_CA en_GB en_IN
    en_NZ en_US es_419 es_AR es_BO es_CL es_CO es_CR es_DO es_EC es_ES es_GT es_MX es_PA es_PE es_PY es_UY es_VE
    et_EE eu_ES fa_IR fi_FI fr_BE fr_CA fr_CH fr_FR gl_ES gu_IN he_IL hi_IN hr_HR hu_HU id_ID it_IT ja_JP ka_GE
    kab_DZ km_KH ko_KP ko_KR lb_LU lo_LA lt_LT lv_LV mk_MK ml_IN mn_MN ms_MY my_MM nb_NO nl_BE nl_NL pl_PL pt_AO
    pt_BR pt_PT ro_RO ru_RU sk_SK sl_SI sq_AL sr@Cyrl sr@latin sv_SE sw te_IN th_TH tl_PH tr_TR uk_UA vi_VN zh_CN
    zh_HK zh_TW
"""


def language_names() -> list[list[str]]:
    """[code, name] of the languages, by name."""
    found = []
    for code in LANGUAGES.split():
        try:
            locale = Locale.parse(code.replace("@latin", "_Latn").replace("@Cyrl", "_Cyrl"))
        except (UnknownLocaleError, ValueError):
            found.append([code, code])
            continue
        found.append([code, f"{locale.english_name} / {locale.display_name}"])
    return sorted(found, key=lambda item: item[1])


def country_names(tables: Iterable[Path]) -> list[list[str]]:
    """[code, name] of the countries a database knows from the start, by name; `tables` are the files they come from."""
    found = []
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            found += [[row["code"].lower(), row["name"]] for row in csv.DictReader(file) if row["code"]]
    return sorted(found, key=lambda country: country[1])
