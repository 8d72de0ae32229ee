"""A small folder like sql/, made anew for a test that wants to change it."""

from __future__ import annotations

import shutil
from pathlib import Path

REAL = Path(__file__).parents[2] / "sql"
VERSIONS = ("20260101000000", "20260102000000")

_FILES = {
    "migrations/20260101000000_first.sql": """\
-- migrate:up

create schema fleet;
create schema fleet_internal;

-- a thing
create table fleet.things (
  id    bigint  not null,
  name  text    not null,

  constraint things_pkey primary key (id)
);
insert into fleet.things (id, name) values (1, 'one; two'), (2, 'it''s -- no comment');

-- migrate:down

drop table fleet.things;
drop schema fleet_internal;
drop schema fleet;
""",
    "migrations/20260102000000_colour.sql": """\
-- migrate:up
alter table fleet.things add column colour text;

-- migrate:down
alter table fleet.things drop column colour;
""",
    "schema.sql": "\\ir schema/things.sql\n",
    "schema/things.sql": """\
create schema fleet;
create schema fleet_internal;

create table fleet.things (
  id      bigint  not null,
  name    text    not null,
  colour  text,

  constraint things_pkey primary key (id)
);
insert into fleet.things (id, name) values (1, 'one; two'), (2, 'it''s -- no comment');
""",
    "repeatable.sql": """\
-- in order
\\ir functions/internal/tg_things__trim.sql
\\ir views/things/coloured_things.sql
\\ir functions/things/count_things.sql
\\ir privileges.sql
""",
    "functions/internal/tg_things__trim.sql": """\
create or replace function fleet_internal.tg_things__trim()
returns trigger
language plpgsql
as $$
begin
  new.name := btrim(new.name);
  return new;
end
$$;

create or replace trigger things_trim before insert on fleet.things
  for each row execute function fleet_internal.tg_things__trim();
""",
    "views/things/coloured_things.sql": """\
create or replace view fleet.coloured_things as
select t.id, t.name, t.colour from fleet.things as t where t.colour is not null;
""",
    "functions/things/count_things.sql": """\
create or replace function fleet.count_things(p_colour text default null)
returns bigint
language sql
stable
begin atomic
  select case when p_colour is null then (select count(*) from fleet.things) else
    (select count(*) from fleet.coloured_things as c where c.colour = p_colour) end;
end;
""",
    "privileges.sql": """\
alter table fleet.things owner to fleet_owner;
grant usage on schema fleet to fleet_reader;
grant select on fleet.things to fleet_reader;
""",
}


class SqlTree:
    """The folder, and the variable by which sqlctl finds it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for path, text in _FILES.items():
            self.write(path, text)
        shutil.copy(REAL / "roles.sql", root / "roles.sql")

    @property
    def environment(self) -> dict[str, str]:
        return {"SQLCTL_SQL_DIR": str(self.root)}

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{path} holds no {old!r}"
        self.write(path, text.replace(old, new))

    def migration(self, version: str, name: str, up: str, down: str = "select 1;", options: str = "") -> str:
        """Write a migration; its path."""
        path = f"migrations/{version}_{name}.sql"
        self.write(path, f"-- migrate:up{options and ' ' + options}\n{up}\n\n-- migrate:down\n{down}\n")
        return path
