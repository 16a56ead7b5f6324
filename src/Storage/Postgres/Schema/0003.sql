-- What was taken of a quota, slices that are out included. A bucket is the hash of a policy and of whom it is for.
create table quotas (
    bucket uuid primary key,
    taken double precision not null,
    at timestamptz not null,
    expires_at timestamptz not null
) with (fillfactor = 70);

-- What of it a process had not spent when it last said so: given back for it when it is gone. Rates need none, they fill up again.
create table quota_slices (
    bucket uuid not null references quotas (bucket) on delete cascade,
    node integer not null,
    held bigint not null,
    primary key (bucket, node)
) with (fillfactor = 70);

-- The same arithmetic as Core/Limits/Level.cs, by this server's clock alone. No window: what was taken never comes back by itself.
create function lease_quota(
    p_node integer, p_bucket uuid, p_kind text, p_limit bigint, p_window_s double precision, p_least bigint, p_wanted bigint, p_returned bigint, p_held bigint,
    out granted bigint, out left_over bigint, out wait_s double precision, out ends_in_s double precision) language plpgsql as $$
declare
    level record;
    moment timestamptz;
    used double precision;
    given_back bigint;
    ends_at double precision;
begin
    loop
        select q.taken, q.at into level from quotas q where q.bucket = p_bucket for no key update;
        exit when found;
        insert into quotas (bucket, taken, at, expires_at) values (p_bucket, 0, clock_timestamp(), 'infinity') on conflict do nothing;
    end loop;

    -- Not before the row is locked: else somebody may have written a later one.
    moment := greatest(clock_timestamp(), level.at);
    used := level.taken;
    if p_kind = 'rate' then
        used := greatest(0, used - extract(epoch from moment - level.at) * p_limit / p_window_s);
    elsif p_kind = 'budget' and p_window_s is not null then
        ends_at := (floor(extract(epoch from moment) / p_window_s) + 1) * p_window_s;
        if floor(extract(epoch from level.at) / p_window_s) < floor(extract(epoch from moment) / p_window_s) then
            used := 0;
            delete from quota_slices s where s.bucket = p_bucket;
        end if;
    end if;

    used := greatest(0, used - p_returned);
    if p_kind <> 'rate' and used + p_wanted > p_limit then
        with gone as (
            delete from quota_slices s where s.bucket = p_bucket and s.node <> p_node and s.node not in (select nodes_there()) returning s.held
        )
        select coalesce(sum(gone.held), 0) into given_back from gone;
        used := greatest(0, used - given_back);
    end if;

    left_over := greatest(0, floor(p_limit - used + 1e-6));
    granted := case when left_over >= greatest(p_least, 1) then least(p_wanted, left_over) else 0 end;
    if p_wanted > 0 and granted = 0 then
        wait_s := case
            when p_kind = 'rate' then (used + p_least - p_limit) * p_window_s / p_limit
            when ends_at is not null then ends_at - extract(epoch from moment)
        end;
    end if;

    used := used + granted;
    left_over := left_over - granted;
    ends_in_s := ends_at - extract(epoch from moment);
    if p_kind <> 'rate' then
        insert into quota_slices as s (bucket, node, held) values (p_bucket, p_node, greatest(0, p_held + granted))
        on conflict (bucket, node) do update set held = excluded.held;
    end if;

    update quotas q
    set taken = used, at = moment, expires_at = case
        when p_kind = 'rate' then moment + make_interval(secs => p_window_s)
        when ends_at is not null then to_timestamp(ends_at)
        when used = 0 then moment
        else 'infinity'
    end
    where q.bucket = p_bucket;
end
$$;

-- Some of those that mean nothing any more; one that is being asked for just now is left.
create function forget_quotas(p_most integer) returns void language sql as $$
    delete from quotas q where q.bucket in (
        select e.bucket from quotas e where e.expires_at < now() limit p_most for update skip locked
    )
$$;
