using Sluice.Api.Tests.Http;
using Sluice.Emulator;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Google's application default credentials, from a metadata server, over TLS.</summary>
public sealed class CredentialTests
{
    [Fact]
    public async Task Engine_is_called_with_one_token_for_all_calls_and_the_token_is_told_to_nobody_else()
    {
        var emulator = await EmulatorHost.StartAsync(new EmulatorOptions { Bearer = BearerCheck.Issued });
        await using var tls = new TlsFront(emulator.Address);
        await using var stage = await Stage.StartAsync(
            emulator,
            "echo",
            $"AGENT_ENGINE_ENDPOINT={tls.Address.GetLeftPart(UriPartial.Authority)}",
            $"SSL_CERT_FILE={tls.CertificateFile}",
            $"GCE_METADATA_HOST={emulator.MetadataHost}",
            $"HOME={Path.GetDirectoryName(tls.CertificateFile)}",
            "OTEL_SDK_DISABLED=true",
            "Logging__LogLevel__Default=Debug");

        (await AskAsync(stage, "one")).ShouldBe(200);
        (await AskAsync(stage, "two")).ShouldBe(200);
        stage.Engine.Calls.Count(call => call.Verb == Verb.AccessToken).ShouldBe(1);

        stage.Engine.Calls.Where(call => call.RanTurn).ShouldAllBe(call => call.HasBearer);

        // A token this new is not the reason, and is not asked for again.
        stage.Engine.RevokeTokens();
        using var refused = await stage.PostAsync("/invoke", Asking.Body("three"));
        (await refused.ProblemAsync(502, "engine_unauthenticated")).GetRawText().ShouldNotContain("ya29");
        stage.Engine.Calls.Count(call => call.Verb == Verb.AccessToken).ShouldBe(1);
        stage.Process.Output.ShouldNotContain("ya29");
        stage.Process.Output.ShouldNotContain("Bearer ");
    }

    private static async Task<int> AskAsync(Stage stage, string text)
    {
        using var answer = await stage.PostAsync("/invoke", Asking.Body(text));
        return (int)answer.StatusCode;
    }
}
