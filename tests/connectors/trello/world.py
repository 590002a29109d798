"""Boards that things happen to: what a person may do in Trello, chosen by dice."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.sandbox.trello import TrelloSandbox

PICKERS: tuple[Mapping[str, str], ...] = (
    {"board": "Roadmap"},
    {"board": "Roadmap", "list": "Done", "archived": "yes"},
    {"board": "Roadmap", "label": "okr"},
    {"board": "Roadmap", "archived": "only"},
    {"board": "Web", "list": "Doing, Done", "label": "okr"},
    {"board": "Web", "archived": "yes"},
)


@dataclass
class World:
    """Three boards, the first of which is there already, and dice that decide what happens to them."""

    desk: TrelloSandbox
    dice: random.Random
    boards: list[str] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)

    def furnish(self) -> None:
        desk = self.desk
        self.boards = [next(iter(desk.boards)), desk.add_board("Web"), desk.add_board("Unread")]
        for board in self.boards:
            self.fields[board] = [
                desk.add_field(board, "Effort", "number"),
                desk.add_field(board, "Size", "list", "S", "L"),
            ]
            self.labels[board] = [desk.add_label(board, "okr"), desk.add_label(board, "", "red")]

    def columns(self) -> list[str]:
        return sorted(one.id for one in self.desk.columns.values() if one.board in self.boards)

    def touch(self) -> str | None:
        """Do something to a card, and return the card a webhook would name."""
        desk, dice = self.desk, self.dice
        cards = sorted(desk.cards)
        deed = dice.choice(DEEDS) if cards else "create"
        if deed == "create":
            column = dice.choice(self.columns())
            board = desk.columns[column].board
            labels = tuple(one for one in self.labels[board] if one in desk.labels and dice.random() < 0.5)
            return desk.create(column, f"new {dice.random():.6f}", labels=labels)
        card = dice.choice(cards)
        board = desk.cards[card].board
        columns = sorted(one.id for one in desk.columns.values() if one.board == board)
        match deed:
            case "edit":
                desk.edit(card, name=f"name {dice.random():.6f}", due=dice.choice([None, desk.now()]))
            case "list":
                desk.move(card, dice.choice(columns))
            case "board":
                desk.move(card, dice.choice(self.columns()))
            case "archive":
                desk.edit(card, closed=not desk.cards[card].closed)
            case "complete":
                desk.edit(card, due_complete=not desk.cards[card].due_complete)
            case "delete":
                desk.delete(card)
            case "label":
                labels = [one for one in self.labels[board] if one in desk.labels]
                if labels:
                    desk.label(card, dice.choice(labels), on=dice.random() < 0.6)
            case "check":
                if desk.cards[card].check_items and dice.random() < 0.6:
                    desk.tick(card, done=dice.random() < 0.7)
                else:
                    desk.add_check_item(card, "a line")
            case "field":
                number, size = self.fields[board]
                option = dice.choice(desk.fields[size].options)[0]
                values = [(number, {"value": {"number": str(dice.randrange(9))}}), (number, {"value": ""})]
                desk.set_value(card, *dice.choice([*values, (size, {"idValue": option})]))
            case "list archived":
                column = dice.choice(columns)
                desk.edit_list(column, closed=not desk.columns[column].closed)
                return None
            case "list renamed":
                spare = [one for one in columns if desk.columns[one].name not in ("Doing", "Done")]
                if spare:
                    desk.edit_list(dice.choice(spare), name=f"list {dice.random():.4f}")
                return None
            case "label renamed":
                desk.rename_label(self.labels[board][1], f"label {dice.random():.4f}")
                return None
            case "list moved":
                unread = self.boards[2]
                if desk.boards[unread].hidden:
                    return None
                spare = [one for one in self.columns() if desk.columns[one].name not in ("Doing", "Done")]
                desk.move_list(dice.choice(spare), dice.choice(self.boards))
                return None
            case "option renamed":
                option = desk.fields[self.fields[board][1]].options
                option[0] = (option[0][0], f"size {dice.random():.4f}")
                return None
            case "hidden":
                unread = desk.boards[self.boards[2]]
                unread.hidden = not unread.hidden
                return None
        return card


DEEDS = (
    "create", "create", "edit", "list", "list", "board", "archive", "complete", "complete", "delete", "label", "label",
    "check", "field", "list archived", "list renamed", "label renamed", "list moved", "option renamed", "hidden",
)  # fmt: skip
