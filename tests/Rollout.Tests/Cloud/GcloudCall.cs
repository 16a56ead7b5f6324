namespace Sluice.Rollout.Tests.Cloud;

/// <summary>A command line of gcloud, understood strictly: a flag that the command does not have, or one without its value, is refused as gcloud refuses it.</summary>
internal sealed class GcloudCall
{
    // A flag with "=" has a value.
    private static readonly Dictionary<string, string[]> Flags = new()
    {
        ["run services list"] = ["--region=", "--filter=", "--format="],
        ["run services describe"] = ["--region=", "--format="],
        ["run services update-traffic"] = ["--region=", "--to-revisions=", "--update-tags="],
        ["run revisions list"] = ["--region=", "--service=", "--format="],
        ["run deploy"] =
        [
            "--region=", "--image=", "--revision-suffix=", "--no-traffic", "--tag=", "--no-allow-unauthenticated", "--service-account=", "--set-env-vars=",
        ],
        ["auth print-identity-token"] = ["--impersonate-service-account=", "--audiences=", "--include-email"],
        ["logging read"] = ["--limit=", "--format="],
    };

    private readonly Dictionary<string, string> _flags = [];

    public GcloudCall(string[] arguments)
    {
        Arguments = arguments;
        Command = Flags.Keys.SingleOrDefault(command => arguments.Take(command.Split(' ').Length).SequenceEqual(command.Split(' ')))
            ?? throw new GcloudException($"Invalid choice: '{arguments.FirstOrDefault()}'.", 2);
        string[] known = [.. Flags[Command], "--project=", "--quiet"];
        foreach (var argument in arguments.Skip(Command.Split(' ').Length))
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..(equals + 1)];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                Subject = Subject.Length == 0 ? argument : throw new GcloudException($"unrecognized arguments: {argument}", 2);
            }
            else if (!known.Contains(name) || !_flags.TryAdd(name, argument[name.Length..]) || (equals >= 0 && argument.Length == name.Length))
            {
                throw new GcloudException($"unrecognized arguments: {argument}", 2);
            }
        }

        if (this["--project="] is null || (Flags[Command].Contains("--region=") && this["--region="] is null))
        {
            throw new GcloudException("The project or the region is missing.", 2);
        }
    }

    public IReadOnlyList<string> Arguments { get; }

    /// <summary>The arguments in one line.</summary>
    public string Line => string.Join(' ', Arguments);

    public string Command { get; }

    /// <summary>The argument that is no flag.</summary>
    public string Subject { get; } = "";

    public string? this[string flag] => _flags.GetValueOrDefault(flag);

    public bool Has(string flag) => _flags.ContainsKey(flag);

    /// <summary>A flag written <c>a=1,b=2</c>.</summary>
    public Dictionary<string, string> Pairs(string flag) => (this[flag] ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('='))
        .ToDictionary(pair => pair[0], pair => pair[1]);
}
