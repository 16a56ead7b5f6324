namespace Sluice.Core.Callers;

/// <summary>Scopes as they are written, on the wire and in settings: their names with spaces or commas between.</summary>
public static class ScopeNames
{
    private static readonly (Scopes Scope, string Name)[] Names = [(Scopes.Invoke, "invoke"), (Scopes.Read, "read"), (Scopes.Operate, "operate")];

    // Written with every refusal and every record: made once for each that there can be.
    private static readonly string[] Written = [.. Enumerable.Range(0, (int)Scopes.All + 1).Select(scopes => Join((Scopes)scopes))];

    /// <summary>With spaces between, as OAuth 2.0 writes them (RFC 6749, section 3.3).</summary>
    public static string Write(Scopes scopes) => Written[(int)(scopes & Scopes.All)];

    /// <summary>At least one, and only those there are.</summary>
    public static bool TryParse(string text, out Scopes scopes)
    {
        scopes = Scopes.None;
        foreach (var part in text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            var at = Array.FindIndex(Names, known => known.Name == part);
            if (at < 0)
            {
                scopes = Scopes.None;
                return false;
            }

            scopes |= Names[at].Scope;
        }

        return scopes != Scopes.None;
    }

    private static string Join(Scopes scopes) => string.Join(' ', Names.Where(known => scopes.HasFlag(known.Scope)).Select(known => known.Name));
}
