using Sluice.Core.Engines.Fallbacks;

namespace Sluice.Api.Configuration;

/// <summary>How a fallback is written: <c>engine:&lt;name&gt;</c>, <c>stale</c>, or <c>text:&lt;what to say&gt;</c>.</summary>
internal static class FallbackForm
{
    private const string Engine = "engine:";
    private const string Stale = "stale";
    private const string Text = "text:";
    private const int LongestText = 4096;

    public static Form<FallbackChoice?> Form { get; } = new(
        "engine:<name> of another engine, stale, or text: and at most 4096 characters to say",
        (string text, out FallbackChoice? value) => (value = Parse(text)) is not null,
        value => value!.Kind switch
        {
            FallbackKind.Engine => Engine + value.Value,
            FallbackKind.Text => Text + value.Value,
            _ => Stale,
        });

    private static FallbackChoice? Parse(string text) => text switch
    {
        Stale => new FallbackChoice(FallbackKind.Stale),
        _ when text.StartsWith(Engine, StringComparison.Ordinal) && NamedEngineOptions.IsName(text[Engine.Length..]) =>
            new FallbackChoice(FallbackKind.Engine, text[Engine.Length..]),
        _ when text.StartsWith(Text, StringComparison.Ordinal) && !string.IsNullOrWhiteSpace(text[Text.Length..]) && text.Length - Text.Length <= LongestText =>
            new FallbackChoice(FallbackKind.Text, text[Text.Length..]),
        _ => null,
    };
}
