using Npgsql;
using Sluice.PostgresKit;

namespace Sluice.Processes.Tests.Postgres;

public sealed class PostgresServerTests
{
    [PostgresFact]
    public async Task A_database_is_empty_and_its_own()
    {
        var server = await PostgresServer.SharedAsync();
        var (one, other) = (await server.CreateDatabaseAsync(), await server.CreateDatabaseAsync());
        await RunAsync(one, "create table t (n int)");
        (await RunAsync(other, "select count(*) from pg_tables where tablename = 't'")).ShouldBe(0L);
        (await RunAsync(one, "show fsync")).ShouldBe("on");
    }

    [PostgresTheory(own: true)]
    [InlineData(PostgresStop.Fast)]
    [InlineData(PostgresStop.Immediate)]
    public async Task What_was_committed_is_there_after_a_restart_on_the_same_port(PostgresStop how)
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await RunAsync(database, "create table t as select 42 as n");

        await server.RestartAsync(how);
        (await RunAsync(database, "select n from t")).ShouldBe(42);

        await server.StopAsync(how);
        await Should.ThrowAsync<NpgsqlException>(() => RunAsync(database, "select 1"));
        await server.ResumeAsync();
        (await RunAsync(database, "select n from t")).ShouldBe(42);
    }

    [PostgresFact(own: true)]
    public async Task Nothing_of_a_server_is_left()
    {
        var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        var folder = (string)(await RunAsync(database, "show data_directory"))!;
        var process = (int)(await RunAsync(database, "select pg_backend_pid()"))!;
        Directory.Exists(folder).ShouldBeTrue();

        await server.DisposeAsync();
        Directory.Exists(Path.GetDirectoryName(folder)).ShouldBeFalse();
        Directory.Exists($"/proc/{process}").ShouldBeFalse();
        await Should.ThrowAsync<NpgsqlException>(() => RunAsync(database, "select 1"));
    }

    private static async Task<object?> RunAsync(string database, string statement)
    {
        await using var connection = new NpgsqlConnection($"{database};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync();
    }
}
