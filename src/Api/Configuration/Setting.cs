namespace Sluice.Api.Configuration;

/// <summary>One thing that can be configured: where it is set, what it may be, what it is when nobody sets it, and what it is for.</summary>
internal abstract class Setting
{
    /// <summary>Under this key of the configuration lies everything of the gateway's own.</summary>
    public const string Root = "Sluice";

    /// <summary>The whole key, such as <c>Sluice:Engine:Name</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The environment variables that also set it, the strongest first.</summary>
    public required IReadOnlyList<string> Variables { get; init; }

    public required string Meaning { get; init; }

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
}
