-- How much context a task takes, by size. Rough by nature: change the rows to what your agents really use.

create table fleet.task_sizes (
  task_size      text    not null,
  needed_tokens  bigint  not null,
  description    text    not null,

  constraint task_sizes_pkey primary key (task_size),
  constraint task_sizes_needed_tokens_key unique (needed_tokens),
  constraint task_sizes_task_size_check check (task_size ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint task_sizes_needed_tokens_check check (needed_tokens > 0),
  constraint task_sizes_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.task_sizes is 'Sizes of tasks and the context each takes.';
comment on column fleet.task_sizes.task_size is 'What the size is called.';
comment on column fleet.task_sizes.needed_tokens is 'Context that a task of this size takes, in tokens.';
comment on column fleet.task_sizes.description is 'What such a task is.';

insert into fleet.task_sizes (task_size, needed_tokens, description) values
  ('tiny', 2000, 'An answer, a rename, a look at one file.'),
  ('small', 10000, 'A fix in one place, with its test.'),
  ('medium', 30000, 'A feature across a few files.'),
  ('large', 80000, 'A refactoring, or research across a code base.');
