using Sluice.Core;
using Sluice.Core.Turns;

namespace Sluice.Storage;

/// <summary>A turn's state as it is written: the word that metrics use.</summary>
internal static class StateWords
{
    public static string Write(TurnState state) => Telemetry.OutcomeOf(state);

    public static TurnState Read(string word)
    {
        foreach (var state in Enum.GetValues<TurnState>())
        {
            if (string.Equals(Write(state), word, StringComparison.Ordinal))
            {
                return state;
            }
        }

        throw new FormatException("A turn's state.");
    }
}
