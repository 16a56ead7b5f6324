namespace Sluice.Api.Configuration;

/// <summary>Configuration that remembers how each key was spelled where it came from.</summary>
internal sealed class SpelledValues : ConfigurationProvider, IConfigurationSource
{
    private readonly Dictionary<string, string> _spellings = new(StringComparer.OrdinalIgnoreCase);

    public void Add(string key, string value, string spelling)
    {
        Data[key] = value;
        _spellings[key] = spelling;
    }

    public string SpellingOf(string key) => _spellings[key];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
}
