namespace Sluice.Emulator.Engines;

/// <summary>The paths an engine is reached by.</summary>
internal static class Addresses
{
    private const string Location = "/projects/{project}/locations/{location}";
    private const string Id = "/reasoningEngines/{engine}";

    /// <summary>The last is express mode.</summary>
    public static readonly string[] Engine = ["/v1" + Location + Id, "/v1beta1" + Location + Id, "/v1beta1" + Id];

    public static readonly string[] Revision =
    [
        "/v1beta1" + Location + Id + "/runtimeRevisions/{revision}", "/v1beta1" + Id + "/runtimeRevisions/{revision}",
    ];

    public static readonly string[] Locations = ["/v1" + Location, "/v1beta1" + Location];
}
