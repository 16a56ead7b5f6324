namespace Sluice.Api.Configuration;

/// <summary>Settings that belong together, in the order in which they are declared.</summary>
internal sealed class SettingSection(string name, string title)
{
    private readonly List<Setting> _settings = [];

    public string Name => name;

    public string Title => title;

    public IReadOnlyList<Setting> Settings => _settings;

    /// <summary>Declares a setting. What is not declared cannot be read, and what is declared is checked and explained.</summary>
    public Setting<T> Add<T>(string key, Form<T> form, T defaultValue, string meaning, params string[] variables) =>
        AddAt($"{Setting.Root}:{name}:{key}", form, defaultValue, meaning, variables);

    /// <summary>The same for one that is looked for so often that it has no section in its key.</summary>
    public Setting<T> AddAtRoot<T>(string key, Form<T> form, T defaultValue, string meaning, params string[] variables) =>
        AddAt($"{Setting.Root}:{key}", form, defaultValue, meaning, variables);

    /// <summary>The same for a connection string, where .NET looks for those: a secret, and so not for the command line, which everyone on the machine can see.</summary>
    public Setting<T> AddConnectionString<T>(string name, Form<T> form, T defaultValue, string meaning)
    {
        var setting = new Setting<T>(form, defaultValue)
        {
            Key = $"{Setting.ConnectionStrings}:{name}",
            Meaning = meaning,
            Variables = [$"{Setting.ConnectionStrings}__{name}"],
            IsSecret = true,
        };
        _settings.Add(setting);
        return setting;
    }

    private Setting<T> AddAt<T>(string key, Form<T> form, T defaultValue, string meaning, string[] variables)
    {
        var setting = new Setting<T>(form, defaultValue)
        {
            Key = key,
            Meaning = meaning,
            Variables = variables,
        };
        _settings.Add(setting);
        return setting;
    }
}
