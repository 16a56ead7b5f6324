namespace Sluice.Api.Configuration;

/// <summary>One thing that can be configured: where it is set, what it may be, what it is when nobody sets it, and what it is for.</summary>
internal abstract class Setting
{
    /// <summary>Under this key of the configuration lies everything of the gateway's own.</summary>
    public const string Root = "Sluice";

    /// <summary>Under this one lie the connection strings, as in every .NET program.</summary>
    public const string ConnectionStrings = "ConnectionStrings";

    /// <summary>
    /// The whole key, such as <c>Sluice:Engine:Name</c>. A part in angle brackets stands for what the operator chooses: <c>&lt;n&gt;</c> for a number from 0, any
    /// other for a name.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>The key has parts that are still open.</summary>
    public bool IsOpen => KeyPattern.IsOpen(Key);

    /// <summary>The environment variables that also set it, the strongest first.</summary>
    public required IReadOnlyList<string> Variables { get; init; }

    public required string Meaning { get; init; }

    /// <summary>Its value is never shown.</summary>
    public bool IsSecret { get; init; }

    /// <summary>What a value looks like, with unit and bounds; completes the sentence "'x' is not ...".</summary>
    public abstract string Form { get; }

    public abstract string DefaultText { get; }
}

/// <inheritdoc/>
internal sealed class Setting<T>(Form<T> form, T defaultValue) : Setting
{
    public T Default => defaultValue;

    public override string Form => form.Description;

    public override string DefaultText => defaultValue is null ? "unset" : form.Write(defaultValue);

    public bool TryParse(string text, out T value) => form.TryParse(text, out value);

    /// <summary>The setting with the first open part of its key filled in.</summary>
    public Setting<T> At(string part) => new(form, defaultValue) { Key = KeyPattern.Fill(Key, part), Variables = Variables, Meaning = Meaning, IsSecret = IsSecret };
}
