using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Sluice.Core.Storage;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Keys;

public sealed class KnownKeysTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTime _time = new();
    private readonly FakeKeyStore _store = new();

    [Fact]
    public async Task Changes_are_known_after_the_next_look_and_only_then_are_keys_read()
    {
        var keys = new KnownKeys([], _store, _time);
        var text = KeyText.New();
        await keys.RefreshAsync(None);
        keys.Ring.Find(text, _time.GetUtcNow(), out _).ShouldBeNull();

        _store.Set(KeyOf(text));
        await keys.RefreshAsync(None);
        keys.Ring.Find(text, _time.GetUtcNow(), out _).ShouldBe(KeyState.Live);

        var ring = keys.Ring;
        await keys.RefreshAsync(None);
        keys.Ring.ShouldBeSameAs(ring);

        _store.Set(KeyOf(text) with { RevokedAt = _time.GetUtcNow() });
        await keys.RefreshAsync(None);
        keys.Ring.Find(text, _time.GetUtcNow(), out _).ShouldBe(KeyState.Revoked);
    }

    [Fact]
    public async Task Keys_of_a_store_that_is_away_are_believed_for_a_while_and_no_longer()
    {
        var keys = new KnownKeys([], _store, _time);
        await keys.RefreshAsync(None);

        _store.IsAway = true;
        _time.Advance(KnownKeys.Patience);
        await Should.ThrowAsync<StorageUnavailableException>(() => keys.RefreshAsync(None));
        keys.AreOutdated.ShouldBeFalse();

        _time.Advance(TimeSpan.FromTicks(1));
        keys.AreOutdated.ShouldBeTrue();

        _store.IsAway = false;
        await keys.RefreshAsync(None);
        keys.AreOutdated.ShouldBeFalse();
    }

    [Fact]
    public void Configured_keys_need_no_store()
    {
        var text = KeyText.New();
        var keys = new KnownKeys([KeyOf(text)], store: null, _time);
        _time.Advance(TimeSpan.FromDays(1));

        keys.AreOutdated.ShouldBeFalse();
        keys.Ring.Find(text, _time.GetUtcNow(), out _).ShouldBe(KeyState.Live);
    }

    private ApiKey KeyOf(string text)
    {
        var hash = new byte[KeyText.HashLength];
        KeyText.Hash(text, hash);
        return new ApiKey
        {
            Id = KeyText.IdOf(text).ToString(),
            Tenant = TenantId.Local,
            Subject = "app",
            Scopes = Scopes.Read,
            Hash = hash,
            CreatedAt = _time.GetUtcNow(),
        };
    }

    private sealed class FakeKeyStore : IKeyStore
    {
        private StoredKeys _stored = new(0, []);

        public bool IsAway { get; set; }

        public void Set(params ApiKey[] keys) => _stored = new StoredKeys(_stored.Change + 1, keys);

        public ValueTask<StoredKeys?> ReadAsync(long? unless, CancellationToken cancellationToken) => IsAway
            ? throw new StorageUnavailableException(StorageFault.Unreachable, "It is away.")
            : new(_stored.Change == unless ? null : _stored);

        public ValueTask<bool> AddAsync(ApiKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
