using Sluice.Core.Limits;

namespace Sluice.Storage.Sqlite;

/// <summary>
/// What was taken of budgets in their period, to be counted on when the process starts again. Only one process uses the file. What it had leased and not spent when it was killed
/// stays taken until the period ends: nobody can tell how much of it was spent.
/// </summary>
internal static class Budgets
{
    public static Lease Lease(Statements db, LeaseRequest request, DateTimeOffset now)
    {
        var quota = request.Quota;
        var bucket = request.Who.NumberIn(quota.Name).ToByteArray(bigEndian: true);
        var endsAt = quota.NeverComesBack ? DateTimeOffset.MaxValue : quota.WindowOf(now) + quota.Window;
        var taken = 0L;
        if (db.Query("select taken, ends_at from budgets where bucket = $1", static row => (Taken: row.GetInt64(0), EndsAt: Timestamp.Read(row.GetString(1))), bucket) is [var kept]
            && kept.EndsAt > now)
        {
            // Also with a clock that was set back into the period before: it brings nothing.
            (taken, endsAt) = (kept.Taken, kept.EndsAt > endsAt ? kept.EndsAt : endsAt);
        }

        taken = Math.Max(0, taken - request.Returned);
        var left = Math.Max(0, quota.Limit - taken);
        var granted = left >= Math.Max(request.Least, 1) ? Math.Min(request.Wanted, left) : 0;
        db.Execute("insert or replace into budgets (bucket, taken, ends_at) values ($1, $2, $3)", bucket, taken + granted, Timestamp.Write(endsAt));
        TimeSpan? endsIn = quota.NeverComesBack ? null : endsAt - now;
        return new Lease(granted, left - granted, request.Wanted > 0 && granted == 0 ? endsIn : null, endsIn);
    }

    public static int Forget(Statements db, DateTimeOffset now) => db.Execute("delete from budgets where ends_at <= $1", Timestamp.Write(now));
}
