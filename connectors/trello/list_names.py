"""What the name of a list means: Trello has no states, so names say it, in the language of whoever made the board.

The words are those that people of each language put over a last and over a middle column, Trello's own first lists
among them. A word that may also mean "ready to be taken up" is left out (English "Ready", German "Bereit").
"""

from __future__ import annotations

import unicodedata

_DONE = (
    "done|completed|complete|finished"  # English
    "|erledigt|fertig|abgeschlossen"  # German
    "|terminé|terminée|terminés|fait|fini"  # French
    "|hecho|terminado|completado|finalizado"  # Spanish
    "|concluído|feito|finalizado"  # Portuguese
    "|fatto|completato|finito"  # Italian
    "|klaar|gereed|afgerond|voltooid"  # Dutch
    "|klart|färdig|slutförd|färdigt"  # Swedish
    "|færdig|udført|ferdig|fullført"  # Danish, Norwegian
    "|valmis|tehty"  # Finnish
    "|gotowe|zrobione|ukończone|zakończone"  # Polish
    "|hotovo|dokončeno"  # Czech
    "|kész"  # Hungarian
    "|tamamlandı|bitti|yapıldı"  # Turkish
    "|terminat|finalizat"  # Romanian
    "|готово|сделано|выполнено|завершено|зроблено|виконано"  # Russian, Ukrainian
    "|完了|完成|已完成|완료"  # Japanese, Chinese, Korean
)
_DOING = (
    "doing|in progress"
    "|in arbeit|in bearbeitung"
    "|en cours"
    "|en curso|en proceso|en progreso|haciendo"
    "|em andamento|em progresso|fazendo"
    "|in corso"
    "|bezig|mee bezig"
    "|pågående"
    "|i gang"
    "|kesken|työn alla"
    "|w trakcie"
    "|probíhá"
    "|folyamatban"
    "|yapılıyor|devam ediyor"
    "|în lucru"
    "|в работе|в процессе|в роботі|в процесі"
    "|進行中|作業中|进行中|진행 중|진행중"
)
_SELECTORS = {*range(0xFE00, 0xFE10), 0x200D}  # of emoji: how they are drawn, and how they are joined
_ACCENTS = range(0x0300, 0x0370)


def as_read(name: str) -> str:
    """Return a list's name as people compare it: without case, accents, emoji, punctuation and spaces around.

    "Done ✅", "DONE!" and "done" are one. A name of nothing but signs keeps them, so that ✅ can be named as well.
    """
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = "".join(c for c in spread if ord(c) not in _SELECTORS and ord(c) not in _ACCENTS)
    letters = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain)
    return unicodedata.normalize("NFC", " ".join(letters.split()) or "".join(plain.split()))


def names_in(text: str) -> frozenset[str]:
    """Return the names in a setting, parted by commas, as people compare them."""
    return frozenset(as_read(name) for name in text.split(",") if name.strip())


DONE_NAMES = frozenset(as_read(name) for name in _DONE.split("|"))
DOING_NAMES = frozenset(as_read(name) for name in _DOING.split("|"))
