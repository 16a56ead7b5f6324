using Sluice.Core.Audit;

namespace Sluice.Api.Commands;

/// <summary><c>sluice audit verify</c>: 0, the trail is unbroken; 1, it is not; 2, it could not be looked at.</summary>
internal sealed class AuditVerify(IReadOnlyList<string> arguments) : ICommand
{
    private const string Help = """
        Usage: sluice audit verify [options]

        Looks at every record of every chain: whether it is what was written, and hangs on the one before it. Exits with 0 when
        all do, with 1 when one does not, which is named, with 2 when they could not be looked at. The gateway may run meanwhile.

        Records cut off at a chain's end leave an unbroken chain. Compare the heads that are printed with those in the gateway's
        log, which tells them at the start and at the end.

          --<key> <value>      the gateway's configuration, as for the gateway itself: it tells where the trail is

        """;

    private readonly CommandLineFlags _flags = CommandLineFlags.Parse(arguments, [], [], words: 0);

    public Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error) =>
        CommandRun.RunAsync(_flags, Help, environment, output, error, async (stores, options) =>
        {
            if (stores.Trail is not { } trail)
            {
                return CommandRun.Refuse(error, "this gateway stores nothing; its audit trail is in its log");
            }

            var verification = new AuditVerification();
            if (await verification.RunAsync(trail, CancellationToken.None) is { } broken)
            {
                await output.WriteLineAsync($"broken at {broken.Place}: {broken.Why}");
                return CommandRun.Failed;
            }

            await output.WriteLineAsync($"unbroken: {verification.Records} records in {verification.Heads.Count} chains");
            foreach (var head in verification.Heads)
            {
                await output.WriteLineAsync($"{head.Chain} {head.Sequence} {head.Hash}");
            }

            return CommandRun.Success;
        });
}
