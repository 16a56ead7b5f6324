using Sluice.Api.Configuration;
using Sluice.Api.Hosting;
using Sluice.Core.Storage;

namespace Sluice.Api.Commands;

/// <summary>How every command goes: help if it is asked for, the gateway's own configuration, the stores it names; what cannot be used is said in one line.</summary>
internal static class CommandRun
{
    public const int Success = 0;
    public const int Failed = 1;

    /// <summary>It was not asked for rightly, or what it needs cannot be used.</summary>
    public const int Unusable = 2;

    public static async Task<int> RunAsync(
        CommandLineFlags flags,
        string help,
        IReadOnlyDictionary<string, string> environment,
        TextWriter output,
        TextWriter error,
        Func<AccessStores, GatewayOptions, Task<int>> run)
    {
        if (flags.AsksForHelp)
        {
            await output.WriteAsync(help);
            return Success;
        }

        if (flags.Problem is { } problem)
        {
            return Refuse(error, $"{problem}; --help tells what there is");
        }

        var start = Start.Prepare(flags.Rest, environment, output, error);
        if (start.ExitCode is not null)
        {
            return Unusable;
        }

        try
        {
            await using var stores = await AccessStores.OpenAsync(start.Options, start.Builder.Environment, CancellationToken.None);
            return await run(stores, start.Options);
        }
        catch (Exception e) when (e is StorageUnavailableException or IOException)
        {
            return Refuse(error, e.Message);
        }
    }

    public static int Refuse(TextWriter error, string why)
    {
        error.WriteLine($"sluice: {why}");
        return Unusable;
    }
}
