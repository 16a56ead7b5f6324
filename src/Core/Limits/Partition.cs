using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Callers;

namespace Sluice.Core.Limits;

/// <summary>Whose part of a quota it is: a tenant, and who it is within it; or a client address, which is of no tenant.</summary>
public readonly record struct Partition(string Tenant, string Name)
{
    /// <summary>All for whom there is no room of their own, together.</summary>
    public static Partition Others { get; } = new("", "");

    public static Partition OfTenant(Caller caller) => new(caller.Tenant.Value, "");

    public static Partition OfUser(Caller caller) => new(caller.Tenant.Value, caller.Subject);

    /// <summary>The credential by which the caller came; of one stored before that was kept, its subject.</summary>
    public static Partition OfKey(Caller caller) => new(caller.Tenant.Value, caller.CredentialId is { Length: > 0 } credential ? credential : caller.Subject);

    public static Partition OfAddress(string address) => new("", address);

    /// <summary>The same for every process, of one size however long the names are, and nothing to be read of them.</summary>
    public Guid NumberIn(string quota)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in (ReadOnlySpan<string>)[quota, Tenant, Name])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return new Guid(hash.GetHashAndReset().AsSpan(0, 16), bigEndian: true);
    }
}
