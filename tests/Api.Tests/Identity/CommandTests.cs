using System.Text.Json;
using Sluice.Api.Commands;
using Sluice.Api.Tests.Configuration;
using Sluice.Api.Tests.Http;
using Sluice.Core.Keys;

namespace Sluice.Api.Tests.Identity;

public sealed class CommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-keys-").FullName;

    private string[] Environment => [$"Sluice__Data={Path.Combine(_directory, "data")}", "Sluice__Auth__Mode=required"];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_key_is_printed_alone_and_kept_as_a_hash()
    {
        var made = await RunAsync("keys create --tenant acme --subject app --scopes invoke,operate --expires 90d");

        made.ExitCode.ShouldBe(0, made.Error);
        var key = made.Output.TrimEnd('\n');
        KeyText.IsKey(key).ShouldBeTrue();
        made.Error.ShouldStartWith($"sluice: key {KeyText.IdOf(key)} of tenant acme, for app, may invoke operate until ");
        made.Error.ShouldNotContain(key);
        foreach (var file in Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories))
        {
            var bytes = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            bytes.ShouldNotContain(key[^52..], customMessage: file);
        }
    }

    [Fact]
    public async Task Programs_get_JSON()
    {
        var made = JsonElement.Parse((await RunAsync("keys create --tenant acme --format json")).Output);
        var listed = JsonElement.Parse((await RunAsync("keys list --tenant=acme --format=json")).Output);

        KeyText.IsKey(made.Text("key")).ShouldBeTrue();
        listed.GetArrayLength().ShouldBe(1);
        listed[0].Text("id").ShouldBe(made.Text("id"));
        listed[0].Text("state").ShouldBe("live");
        listed[0].GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()).ShouldBe(["invoke", "read"]);
        listed[0].TryGetProperty("key", out _).ShouldBeFalse();
        listed[0].TryGetProperty("hash", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_key_is_revoked_by_its_id_and_listed_as_such()
    {
        var key = (await RunAsync("keys create --tenant acme")).Output.TrimEnd('\n');
        var id = KeyText.IdOf(key).ToString();
        await RunAsync("keys create --tenant beta");

        (await RunAsync($"keys revoke {id}")).ExitCode.ShouldBe(0);

        var list = (await RunAsync("keys list")).Output.Split('\n');
        list[0].ShouldMatch("^ID +TENANT +SUBJECT +SCOPES +STATE +CREATED +EXPIRES$");
        list[1].ShouldMatch($"^{id}  acme +{id}  invoke,read  revoked  [-0-9T:Z]+  never$");
        list[2].ShouldMatch("^[a-z2-7]{16}  beta .* live ");
        (await RunAsync("keys revoke aaaaaaaaaaaaaaaa")).ShouldBe(new Commanding(1, "", "sluice: there is no key aaaaaaaaaaaaaaaa\n"));
    }

    [Fact]
    public async Task The_key_itself_on_a_command_line_is_not_repeated()
    {
        var key = (await RunAsync("keys create --tenant acme")).Output.TrimEnd('\n');

        var revoked = await RunAsync($"keys revoke {key}");

        revoked.ExitCode.ShouldBe(2);
        revoked.Error.ShouldContain(KeyText.IdOf(key).ToString());
        revoked.Error.ShouldNotContain(key[^52..]);
    }

    [Theory]
    [InlineData("keys create", "--tenant is needed")]
    [InlineData("keys create --tenant", "--tenant needs a value")]
    [InlineData("keys create --tenant a/b", "--tenant is needed: 1 to 64 of")]
    [InlineData("keys create --tenant a --tenant b", "--tenant is said twice")]
    [InlineData("keys create --tenant a --scopes all", "--scopes is not")]
    [InlineData("keys create --tenant a --expires 90", "--expires is not")]
    [InlineData("keys create --tenant a --expires 2020-01-01T00:00:00Z", "--expires is not a time to come")]
    [InlineData("keys create --tenant a --format yaml", "--format is not text or json")]
    [InlineData("keys create --tenant a extra", "'extra' is one word too many")]
    [InlineData("keys create --tenant a --Sluice:Http:Grce 1s", "the nearest is Sluice:Http:Grace")]
    [InlineData("keys create --tenant a --nonsense x", "there is no option '--nonsense'")]
    [InlineData("keys revoke", "which key?")]
    [InlineData("keys revoke x", "that is no key's id")]
    [InlineData("keys destroy", "there is no command 'keys destroy'")]
    [InlineData("audit", "sluice audit verify")]
    public async Task What_is_not_asked_for_rightly_is_said_and_nothing_is_done(string command, string problem)
    {
        var run = await RunAsync(command);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(problem);
    }

    [Theory]
    [InlineData("keys --help", "sluice keys create")]
    [InlineData("keys create --help", "--expires <when>")]
    [InlineData("keys list -h", "--tenant <name>")]
    [InlineData("keys revoke --help", "Usage: sluice keys revoke <id>")]
    [InlineData("audit verify --help", "Exits with 0")]
    public async Task Help_is_given_to_those_who_ask(string command, string line)
    {
        var run = await RunAsync(command);

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain(line);
        run.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_gateway_that_stores_nothing_takes_a_key_by_settings()
    {
        string[] memory = ["Sluice__Data=memory"];
        (await Commanding.RunAsync("keys create --tenant acme", memory)).Error.ShouldContain("--print-settings");

        var made = await Commanding.RunAsync("keys create --tenant acme --scopes read --expires 2099-01-01T00:00:00Z --print-settings", memory);

        var key = made.Output.TrimEnd('\n');
        var auth = Reading.Of([.. memory, .. made.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)]).Options.Auth;
        auth.IsRequired.ShouldBeTrue();
        new KeyRing(auth.Keys).Find(key, DateTimeOffset.UtcNow, out var caller).ShouldBe(KeyState.Live);
        caller!.Tenant.Value.ShouldBe("acme");
    }

    [Fact]
    public async Task A_configuration_that_asks_nobody_for_a_key_is_pointed_out() =>
        (await Commanding.RunAsync("keys create --tenant acme", $"Sluice__Data={Path.Combine(_directory, "data")}")).Error
            .ShouldContain("asks nobody for a key: set Sluice:Auth:Mode to required");

    [Fact]
    public async Task Changes_of_keys_are_recorded_and_the_record_is_verified()
    {
        (await RunAsync("audit verify")).ShouldBe(new Commanding(0, "unbroken: 0 records in 0 chains\n", ""));
        var id = KeyText.IdOf((await RunAsync("keys create --tenant acme")).Output).ToString();
        await RunAsync($"keys revoke {id}");

        (await RunAsync("audit verify")).Output.ShouldMatch("^unbroken: 2 records in 1 chains\ncommands 2 [0-9a-f]{64}\n$");
        var file = Directory.GetFiles(Path.Combine(_directory, "data", "audit"), "*.jsonl").ShouldHaveSingleItem();
        var records = await File.ReadAllLinesAsync(file);
        records[0].ShouldContain("\"action\":\"key_created\",\"tenant\":\"acme\"");
        records[1].ShouldContain("\"action\":\"key_revoked\",\"tenant\":\"acme\"");

        await File.WriteAllTextAsync(file, string.Join('\n', records).Replace("acme", "evil", StringComparison.Ordinal) + "\n");

        (await RunAsync("audit verify")).ShouldBe(
            new Commanding(1, $"broken at {file}, line 1: it is not what was written: its hash is not that of its content\n", ""));
        (await Commanding.RunAsync("audit verify", "Sluice__Data=memory")).ExitCode.ShouldBe(CommandRun.Unusable);
    }

    private Task<Commanding> RunAsync(string command) => Commanding.RunAsync(command, Environment);
}
