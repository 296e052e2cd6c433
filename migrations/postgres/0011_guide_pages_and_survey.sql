-- What a municipality says about its window, every version; announcements; answers to the survey.
create table guide_page (
  tenant_id    text not null,
  topic        text not null,
  version      bigint not null,
  body         text not null,
  published_at bigint not null,
  staff_id     text,
  primary key (tenant_id, topic, version)
);

-- kind: news, or stop (the window is closed from stop_from to stop_until).
create table announcement (
  tenant_id       text not null,
  announcement_id text not null,
  kind            text not null,
  title           text not null,
  body            text not null,
  shown_from      bigint not null,
  shown_until     bigint not null,
  stop_from       bigint,
  stop_until      bigint,
  version         bigint not null,
  changed_at      bigint not null,
  removed_at      bigint,
  staff_id        text not null,
  primary key (tenant_id, announcement_id)
);

-- Nothing here leads to a person or an application: the id is random, and only the day is kept.
create table survey_answer (
  tenant_id text not null,
  survey_id text not null,
  day       text not null,
  heard     text not null,
  ease      text not null,
  primary key (tenant_id, survey_id)
);
create index survey_answer_day on survey_answer (tenant_id, day);
