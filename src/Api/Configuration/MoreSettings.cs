namespace Sluice.Api.Configuration;

/// <summary>What a program that is built on the gateway adds to what can be configured.</summary>
/// <param name="Section">Its settings.</param>
/// <param name="Read">Reads and checks them, with the gateway's own.</param>
internal sealed record MoreSettings(SettingSection Section, Action<SettingReader> Read);
