-- Tells this schema's locks and wake-ups from those of another in the same database.
create table installation (number integer not null);
insert into installation select 1 + floor(random() * 2147483646)::integer;

-- Every process takes a number, which no other ever gets again.
create sequence nodes as integer;

-- Nothing that changes with every turn is indexed, so that the new version of a row stays on its page (heap-only tuples).
create table sessions (
    number bigint generated always as identity primary key,
    tenant text collate "C" not null,
    session text collate "C" not null,
    user_id text,
    engine_sessions bytea,
    created_at text collate "C" not null,
    last_activity_at text collate "C" not null,
    epoch bigint not null,
    holder integer,
    last_holder integer,
    unique (tenant, session)
) with (fillfactor = 70);

create table turns (
    turn uuid primary key,
    number bigint generated always as identity,
    session bigint not null references sessions (number) on delete cascade,
    state text not null,
    accepted_at text collate "C" not null,
    started_at text collate "C",
    last_activity_at text collate "C" not null,
    last_sequence bigint not null,
    epoch bigint,
    place bigint,
    request bytea,
    ended bytea,
    bytes bigint not null default 0,
    key_subject text collate "C",
    key_value text collate "C",
    key_fingerprint text
) with (fillfactor = 85);
alter table turns alter column request set storage external;
create index turns_by_session on turns (session, number);
create unique index turns_by_key on turns (session, key_subject, key_value) where key_value is not null;
create index turns_unfinished on turns (session) where ended is null;
create index turns_by_activity on turns (last_activity_at) include (bytes) where ended is not null;

create table events (
    turn uuid not null references turns (turn) on delete cascade,
    first bigint not null,
    count integer not null,
    format integer not null,
    bytes bytea not null,
    primary key (turn, first)
) with (toast_tuple_target = 8160);
alter table events alter column bytes set storage external;

create table letters (
    id uuid primary key,
    number bigint generated always as identity,
    sender integer not null,
    tenant text collate "C" not null,
    session text collate "C" not null,
    kind text not null,
    request bytea,
    turn uuid,
    answered boolean not null default false,
    withdrawn boolean not null default false,
    refusal text,
    attached uuid,
    sent_at timestamptz not null default now()
);
alter table letters alter column request set storage external;
create index letters_unanswered on letters (tenant, session) where not answered and not withdrawn;

-- A process is there for as long as it has the lock with its number; PostgreSQL takes it away with the connection.
create function nodes_there() returns setof integer language sql stable as $$
    select objid::bigint::integer from pg_locks
    where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
        and classid = (select number from installation)::oid
$$;

-- 0: nobody, or one that is gone; 1: the one who asks; 2: another, which is there.
create function holder_seen_by(p_node integer, p_holder integer) returns integer language sql stable as $$
    select case
        when p_holder is null then 0
        when p_holder = p_node then 1
        when p_holder in (select nodes_there()) then 2
        else 0
    end
$$;

-- Wherever both are locked, the session is locked before its turns.
create function accept_turn(
    p_node integer, p_tenant text, p_session text, p_epoch bigint, p_turn uuid, p_state text, p_goes_first boolean, p_at text, p_user_id text, p_created_at text,
    p_key_subject text, p_key_value text, p_key_fingerprint text, p_request bytea, p_came_by_letter boolean,
    out outcome text, out letter_sender integer) language plpgsql as $$
declare
    held record;
    is_new boolean := false;
begin
    loop
        select s.number, s.epoch, s.holder, s.last_holder into held
        from sessions s where s.tenant = p_tenant and s.session = p_session for no key update;
        exit when found;
        insert into sessions as s (tenant, session, created_at, last_activity_at, epoch) values (p_tenant, p_session, p_created_at, p_at, p_epoch)
        on conflict do nothing
        returning s.number, s.epoch, s.holder, s.last_holder into held;
        is_new := found;
        exit when found;
    end loop;

    if not is_new then
        -- Turns without an end have to be taken over first. The same epoch again is only for the one that held it last: another has not seen what was said under it.
        if not coalesce((
            case when held.holder is not null then held.holder = p_node and held.epoch = p_epoch
            else (held.epoch = p_epoch - 1 or (held.epoch = p_epoch and held.last_holder = p_node))
                and not exists (select 1 from turns t where t.session = held.number and t.ended is null)
            end), false) then
            outcome := 'not_held';
            return;
        end if;

        -- The very same turn again is one whose acceptance was stored and its answer lost.
        if exists (select 1 from turns t where t.turn = p_turn) then
            outcome := 'accepted';
            return;
        end if;

        if p_key_value is not null
            and exists (select 1 from turns t where t.session = held.number and t.key_subject = p_key_subject and t.key_value = p_key_value) then
            outcome := 'key_taken';
            return;
        end if;
    end if;

    if p_came_by_letter then
        delete from letters l where l.id = p_turn and not l.answered and not l.withdrawn returning l.sender into letter_sender;
        if not found then
            if is_new then
                delete from sessions s where s.number = held.number;
            end if;

            outcome := 'withdrawn';
            return;
        end if;
    end if;

    insert into turns
        (turn, session, state, accepted_at, started_at, last_activity_at, last_sequence, epoch, request, key_subject, key_value, key_fingerprint, place)
    values (
        p_turn, held.number, p_state, p_at, case when p_state = 'running' then p_at end, p_at, 1, p_epoch, p_request, p_key_subject, p_key_value, p_key_fingerprint,
        case when p_goes_first then
            (select min(coalesce(t.place, t.number)) - 1 from turns t where t.session = held.number and t.ended is null and t.state = 'queued')
        end);
    update sessions s
    set last_activity_at = p_at, user_id = coalesce(s.user_id, p_user_id), epoch = p_epoch, holder = p_node, last_holder = p_node
    where s.number = held.number;
    outcome := 'accepted';
end
$$;

-- Keeps a batch of a turn that is locked. One that is there already was written before and its answer lost; what the turn's log holds no more is dropped here as well.
create function bring_events(p_turn uuid, p_first bigint, p_count integer, p_format integer, p_bytes bytea, p_first_retained bigint)
returns void language plpgsql as $$
begin
    insert into events (turn, first, count, format, bytes) values (p_turn, p_first, p_count, p_format, p_bytes)
    on conflict (turn, first) do update set count = excluded.count, format = excluded.format, bytes = excluded.bytes;
    if p_first_retained > 2 then
        delete from events e where e.turn = p_turn and e.first + e.count <= p_first_retained;
    end if;
end
$$;

-- The row of the turn is locked before its epoch is looked at, so that this is all before or all after a change of hands.
create function append_to_turn(
    p_tenant text, p_session text, p_turn uuid, p_epoch bigint, p_first bigint, p_count integer, p_format integer, p_bytes bytea, p_first_retained bigint,
    p_engine_sessions bytea)
returns boolean language plpgsql as $$
begin
    if p_engine_sessions is not null then
        perform 1 from sessions s where s.tenant = p_tenant and s.session = p_session for no key update;
    end if;

    perform 1 from turns t where t.turn = p_turn and t.epoch = p_epoch and t.ended is null for no key update;
    if not found then
        return false;
    end if;

    if p_first is not null then
        perform bring_events(p_turn, p_first, p_count, p_format, p_bytes, p_first_retained);
    end if;

    if p_engine_sessions is not null then
        update sessions s set engine_sessions = p_engine_sessions where s.tenant = p_tenant and s.session = p_session;
    end if;

    return true;
end
$$;

create function end_turn(
    p_tenant text, p_session text, p_turn uuid, p_epoch bigint, p_first bigint, p_count integer, p_format integer, p_bytes bytea, p_first_retained bigint,
    p_engine_sessions bytea, p_at text, p_state text, p_ended bytea, p_last_sequence bigint, p_started_at text,
    out is_kept boolean, out letters_left uuid[], out letter_senders integer[]) language plpgsql as $$
declare
    -- What a turn takes beside its events, with its entries in the indexes: about.
    row_bytes constant bigint := 1024;
    held_by integer;
begin
    perform 1 from sessions s where s.tenant = p_tenant and s.session = p_session for no key update;
    perform 1 from turns t where t.turn = p_turn and t.epoch = p_epoch and t.ended is null for no key update;
    if not found then
        -- The very same end again is one that was stored and its answer lost.
        is_kept := exists (select 1 from turns t where t.turn = p_turn and t.epoch = p_epoch and t.ended = p_ended);
        return;
    end if;

    if p_first is not null then
        perform bring_events(p_turn, p_first, p_count, p_format, p_bytes, p_first_retained);
    end if;

    update turns t
    set state = p_state, ended = p_ended, last_activity_at = p_at, last_sequence = p_last_sequence, started_at = coalesce(p_started_at, t.started_at), request = null,
        bytes = row_bytes + (select coalesce(sum(octet_length(e.bytes)), 0) from events e where e.turn = p_turn)
    where t.turn = p_turn;
    update sessions s
    set last_activity_at = greatest(s.last_activity_at, p_at), engine_sessions = coalesce(p_engine_sessions, s.engine_sessions),
        holder = case when exists (select 1 from turns t where t.session = s.number and t.ended is null) then s.holder end
    where s.tenant = p_tenant and s.session = p_session
    returning s.holder into held_by;
    if held_by is null then
        -- Nobody will answer them: their senders are to know.
        select array_agg(l.id), array_agg(l.sender) into letters_left, letter_senders
        from letters l where l.tenant = p_tenant and l.session = p_session and not l.answered and not l.withdrawn;
    end if;

    is_kept := true;
end
$$;

-- Null: not taken. A session without an unfinished turn is held by nobody, also when it was taken.
create function take_session(p_node integer, p_tenant text, p_session text, p_epoch bigint, out is_handed_over boolean) language plpgsql as $$
declare
    held record;
    is_unfinished boolean;
begin
    select s.number, s.epoch, s.holder into held from sessions s where s.tenant = p_tenant and s.session = p_session for no key update;
    if not found or held.epoch <> p_epoch or holder_seen_by(p_node, held.holder) = 2 then
        return;
    end if;

    update turns t set epoch = p_epoch + 1 where t.session = held.number and t.ended is null;
    is_unfinished := found;
    update sessions s set epoch = p_epoch + 1, holder = case when is_unfinished then p_node end, last_holder = p_node where s.number = held.number;
    is_handed_over := held.holder is null;
end
$$;

-- The turns that are for another now.
create function release_session(p_node integer, p_tenant text, p_session text, p_epoch bigint) returns setof uuid language plpgsql as $$
declare
    released bigint;
begin
    update sessions s set holder = null
    where s.tenant = p_tenant and s.session = p_session and s.epoch = p_epoch and s.holder = p_node
    returning s.number into released;
    return query update turns t set epoch = null where t.session = released and t.ended is null returning t.turn;
end
$$;

-- Forgets some of the turns whose last activity is longest ago, before a time or at all. Sessions that others work on just now are left for the next time.
create function prune_turns(p_before text, p_turns integer, out turns bigint, out bytes bigint) language plpgsql as $$
declare
    old_turns uuid[];
    old_sessions bigint[];
begin
    select array_agg(o.turn), array_agg(o.session) into old_turns, old_sessions
    from (
        select t.turn, t.session from turns t where t.ended is not null and (p_before is null or t.last_activity_at < p_before)
        order by t.last_activity_at limit p_turns
    ) o;
    select array_agg(l.number) into old_sessions
    from (select s.number from sessions s where s.number = any (old_sessions) order by s.tenant, s.session for update skip locked) l;
    with gone as (
        delete from turns t where t.turn = any (old_turns) and t.session = any (old_sessions) returning t.bytes
    )
    select count(*), coalesce(sum(gone.bytes), 0) into prune_turns.turns, prune_turns.bytes from gone;
    delete from sessions s where s.number = any (old_sessions) and not exists (select 1 from turns t where t.session = s.number);
end
$$;
