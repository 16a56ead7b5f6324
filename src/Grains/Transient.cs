using Sluice.Core.Storage;

namespace Sluice.Grains;

/// <summary>What a call in a cluster may fail with while silos come and go: it is asked again.</summary>
internal static class Transient
{
    public static bool Is(Exception e) => e is OrleansException or TimeoutException or StorageUnavailableException;
}
