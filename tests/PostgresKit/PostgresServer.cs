using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Sluice.PostgresKit;

/// <summary>How a server ends what its clients are doing (<c>pg_ctl</c>).</summary>
public enum PostgresStop
{
    /// <summary>Connections are closed, then everything is written down.</summary>
    Fast,

    /// <summary>It goes as in a crash, and recovers from its log when it is started again.</summary>
    Immediate,
}

/// <summary>
/// A PostgreSQL server for tests: a throw-away cluster on a port of 127.0.0.1, on disk with <c>fsync</c> on, without passwords, gone with its files when the
/// tests are, also if they are killed. Or the server that <c>SLUICE_TEST_POSTGRES</c> names by a connection string whose user may create databases;
/// that one is not stopped and not restarted, and keeps none of the databases made here when the tests end as they should.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly Process? _keeper;
    private readonly string? _root;
    private readonly List<string> _databases = [];

    private PostgresServer(NpgsqlConnectionStringBuilder connection, Process? keeper = null, string? root = null) =>
        (_connection, _keeper, _root) = (connection, keeper, root);

    /// <summary>The port it listens on.</summary>
    public int Port => _connection.Port;

    /// <summary>Its first process; null when it is not the tests' own.</summary>
    public int? ProcessId => _root is null ? null : int.Parse(File.ReadLines(Path.Combine(_root, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>What the server has written into its log, for the message of a test that fails; empty when it is not the tests' own.</summary>
    public string Log => _root is null ? "" : File.ReadAllText(Path.Combine(_root, "log"));

    private static string? Named => Environment.GetEnvironmentVariable("SLUICE_TEST_POSTGRES") is { Length: > 0 } named ? named : null;

    /// <summary>The one server of all tests in this assembly, started when it is first asked for and stopped when the process ends.</summary>
    public static Task<PostgresServer> SharedAsync() => Shared.Server;

    /// <summary>Why there is no server for a test, or null; null in continuous integration, where the test has to fail.</summary>
    /// <param name="own">Whether the server has to be the tests' own.</param>
    public static string? WhyNot(bool own) =>
        Named is not null ? own ? "SLUICE_TEST_POSTGRES names a server that is not to be stopped." : null
        : PostgresBinaries.Folder is not null || Environment.GetEnvironmentVariable("CI") == "true" ? null
        : "PostgreSQL 15 or newer is not installed: install it, or say where it is with SLUICE_TEST_POSTGRES_BIN or SLUICE_TEST_POSTGRES.";

    /// <summary>Starts a server of the caller's own.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started; the message says why.</exception>
    public static async Task<PostgresServer> StartAsync()
    {
        var folder = PostgresBinaries.Folder ?? throw new InvalidOperationException("PostgreSQL 15 or newer is not installed.");
        var keeper = Process.Start(KeeperStart(folder))!;
        using var limit = new CancellationTokenSource(Patience);
        var error = keeper.StandardError.ReadToEndAsync(limit.Token);
        if (await keeper.StandardOutput.ReadLineAsync(limit.Token) is not { } ready)
        {
            throw new InvalidOperationException($"PostgreSQL did not start: {await error}");
        }

        var space = ready.LastIndexOf(' ');
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = int.Parse(ready.AsSpan(space + 1), CultureInfo.InvariantCulture),
            Username = "postgres",
            Database = "postgres",
        };
        return new PostgresServer(connection, keeper, ready[..space]);
    }

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"sluice_{Guid.NewGuid():n}";
        await Task.Run(() => Execute($"create database {name}"));
        lock (_databases)
        {
            _databases.Add(name);
        }

        return new NpgsqlConnectionStringBuilder(_connection.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Stops the server and returns when it has gone.</summary>
    public Task StopAsync(PostgresStop how = PostgresStop.Fast) => ControlAsync("stop", "-m", Mode(how));

    /// <summary>Starts a server that was stopped, on its port, with everything it had written down.</summary>
    public Task ResumeAsync() => ControlAsync("start", "-l", Path.Combine(Own(), "log"));

    /// <summary>Stops the server and starts it again.</summary>
    public Task RestartAsync(PostgresStop how = PostgresStop.Fast) => ControlAsync("restart", "-m", Mode(how), "-l", Path.Combine(Own(), "log"));

    public async ValueTask DisposeAsync() => await Task.Run(End);

    private static async Task<PostgresServer> StartSharedAsync()
    {
        var server = Named is null ? await StartAsync() : new PostgresServer(new NpgsqlConnectionStringBuilder(Named));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.End();
        return server;
    }

    private static string Mode(PostgresStop how) => how == PostgresStop.Fast ? "fast" : "immediate";

    private static ProcessStartInfo KeeperStart(string folder)
    {
        using var script = new StreamReader(typeof(PostgresServer).Assembly.GetManifestResourceStream("keeper.sh")!);
        var start = Unprivileged("sh", ["-c", script.ReadToEnd(), "keeper.sh", folder, .. FreePorts.Take(5).Select(port => port.ToString(CultureInfo.InvariantCulture))]);
        start.RedirectStandardInput = true;
        return start;
    }

    /// <summary>PostgreSQL refuses to run as root; there it runs as <c>postgres</c>, or as <c>nobody</c>.</summary>
    private static ProcessStartInfo Unprivileged(string command, string[] arguments)
    {
        if (Environment.IsPrivilegedProcess)
        {
            var user = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).OrderBy(fields => fields[0] != "postgres").First(fields => fields[0] is "postgres" or "nobody");
            (command, arguments) = ("setpriv", [$"--reuid={user[2]}", $"--regid={user[3]}", "--clear-groups", command, .. arguments]);
        }

        return new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
    }

    private string Own() => _root ?? throw new InvalidOperationException("The server that SLUICE_TEST_POSTGRES names is not to be stopped.");

    private async Task ControlAsync(string command, params string[] arguments)
    {
        // The server inherits what pg_ctl writes to, and would keep a pipe open for as long as it runs.
        string[] control = [Path.Combine(PostgresBinaries.Folder!, "pg_ctl"), command, "-D", Path.Combine(Own(), "data"), "-w", "-s", .. arguments];
        using var process = Process.Start(Unprivileged("sh", ["-c", "exec \"$@\" > /dev/null 2>&1", "sh", .. control]))!;
        await process.WaitForExitAsync().WaitAsync(Patience);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"pg_ctl {command} exited with {process.ExitCode}:\n{Log}");
        }
    }

    // Without await: the end of a process does not wait for one.
    private void End()
    {
        if (_keeper is not null)
        {
            _keeper.StandardInput.Close();
            _keeper.WaitForExit(Patience);
            _keeper.Dispose();
            return;
        }

        foreach (var database in _databases)
        {
            Execute($"drop database if exists {database} with (force)");
        }
    }

    private void Execute(string statement)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connection.ConnectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(statement, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Started when it is first named.</summary>
    private static class Shared
    {
        public static readonly Task<PostgresServer> Server = StartSharedAsync();
    }
}
