using Npgsql;
using Sluice.Core.Limits;

namespace Sluice.Storage.Postgres;

/// <summary>Quotas that processes share: a row each, and one statement for a slice.</summary>
internal sealed class Quotas(Node node, Readers readers)
{
    private const int ForgottenAtOnce = 10_000;

    public async ValueTask<Lease> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        var quota = request.Quota;
        var leases = await readers.QueryAsync(
            () => Sql.Statement(
                "select granted, left_over, wait_s, ends_in_s from lease_quota($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                Sql.Int(node.Number),
                Sql.Uuid(request.Who.NumberIn(quota.Name)),
                Sql.Text(WordOf(quota.Kind)),
                Sql.Long(quota.Limit),
                Sql.Double(quota.Kind == QuotaKind.Concurrent || quota.NeverComesBack ? null : quota.Window.TotalSeconds),
                Sql.Long(request.Least),
                Sql.Long(request.Wanted),
                Sql.Long(request.Returned),
                Sql.Long(request.Held)),
            static row => new Lease(row.GetInt64(0), row.GetInt64(1), SecondsOf(row, 2), SecondsOf(row, 3)),
            cancellationToken);
        return leases[0];
    }

    public async ValueTask ForgetAsync(CancellationToken cancellationToken) => await readers.QueryAsync(
        static () => Sql.Statement("select forget_quotas($1)", Sql.Int(ForgottenAtOnce)), static _ => true, cancellationToken);

    private static string WordOf(QuotaKind kind) => kind switch
    {
        QuotaKind.Rate => "rate",
        QuotaKind.Budget => "budget",
        _ => "concurrent",
    };

    private static TimeSpan? SecondsOf(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : TimeSpan.FromSeconds(Math.Max(0, row.GetDouble(column)));
}
