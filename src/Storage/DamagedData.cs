using System.Text.Json;
using Sluice.Core.Storage;

namespace Sluice.Storage;

/// <summary>What is read from a store and is not what was written.</summary>
internal static class DamagedData
{
    public static bool IsSaidBy(Exception e) => e is JsonException or FormatException or InvalidCastException;

    public static StorageUnavailableException Of(Exception e) => new(StorageFault.Corrupt, "What is in the database is not what was written.", e);
}
