using Sluice.Core.Callers;
using Sluice.Core.Keys;
using static Sluice.Storage.Tests.StoredTurns;

namespace Sluice.Storage.Tests.Access;

/// <summary>What every store of API keys promises. Two of them are open on the same data, as a gateway and a command are.</summary>
public abstract class KeyStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private IKeyStore _gateway = null!;
    private IKeyStore _command = null!;

    protected abstract Task<IKeyStore> OpenAsync();

    public virtual async Task InitializeAsync() => (_gateway, _command) = (await OpenAsync(), await OpenAsync());

    public abstract Task DisposeAsync();

    [StoreFact]
    public async Task A_key_is_found_as_it_was_made_and_by_everybody_who_asks()
    {
        (await _gateway.ReadAsync(null, None)).ShouldNotBeNull().Keys.ShouldBeEmpty();
        var key = NewKey() with { ExpiresAt = Noon.AddDays(90) };

        (await _command.AddAsync(key, None)).ShouldBeTrue();

        var found = (await _gateway.ReadAsync(null, None)).ShouldNotBeNull().Keys.ShouldHaveSingleItem();
        found.Hash.ToArray().ShouldBe(key.Hash.ToArray());
        (found with { Hash = key.Hash }).ShouldBe(key);
    }

    [StoreFact]
    public async Task Whoever_knows_the_last_change_is_told_only_that_there_is_another()
    {
        var known = (await _gateway.ReadAsync(null, None)).ShouldNotBeNull();
        (await _gateway.ReadAsync(known.Change, None)).ShouldBeNull();

        await _command.AddAsync(NewKey(), None);

        var changed = (await _gateway.ReadAsync(known.Change, None)).ShouldNotBeNull();
        (await _gateway.ReadAsync(changed.Change, None)).ShouldBeNull();
        await _command.RevokeAsync(changed.Keys[0].Id, Noon, None);
        (await _gateway.ReadAsync(changed.Change, None)).ShouldNotBeNull().Keys.ShouldHaveSingleItem().RevokedAt.ShouldBe(Noon);
    }

    [StoreFact]
    public async Task Several_keys_of_a_tenant_live_together_and_end_one_by_one()
    {
        var (old, young) = (NewKey(), NewKey());
        await _command.AddAsync(old, None);
        await _command.AddAsync(young, None);

        (await _command.RevokeAsync(old.Id, Noon, None)).ShouldNotBeNull().RevokedAt.ShouldBe(Noon);

        (await _gateway.ReadAsync(null, None))!.Keys.Select(key => (key.Id, key.StateAt(Noon))).ShouldBe([(old.Id, KeyState.Revoked), (young.Id, KeyState.Live)]);
    }

    [StoreFact]
    public async Task A_key_stays_revoked_since_it_was_first()
    {
        var key = NewKey();
        await _command.AddAsync(key, None);
        await _command.RevokeAsync(key.Id, Noon, None);

        (await _command.RevokeAsync(key.Id, Noon.AddDays(1), None)).ShouldNotBeNull().RevokedAt.ShouldBe(Noon);
        (await _command.RevokeAsync("aaaaaaaaaaaaaaaa", Noon, None)).ShouldBeNull();
    }

    [StoreFact]
    public async Task Keys_that_ended_long_ago_make_room_for_others()
    {
        var (expired, revoked, recent) = (NewKey() with { ExpiresAt = Noon }, NewKey(), NewKey() with { ExpiresAt = Noon.AddDays(2) });
        foreach (var key in new[] { expired, revoked, recent })
        {
            await _command.AddAsync(key, None);
        }

        await _command.RevokeAsync(revoked.Id, Noon, None);
        var young = NewKey() with { CreatedAt = Noon + IKeyStore.RememberedFor + TimeSpan.FromDays(1) };
        await _command.AddAsync(young, None);

        (await _gateway.ReadAsync(null, None))!.Keys.Select(key => key.Id).ShouldBe([recent.Id, young.Id]);
    }

    private static ApiKey NewKey()
    {
        var text = KeyText.New();
        var hash = new byte[KeyText.HashLength];
        KeyText.Hash(text, hash);
        return new ApiKey
        {
            Id = KeyText.IdOf(text).ToString(),
            Tenant = new TenantId("acme"),
            Subject = "app",
            Scopes = Scopes.Invoke | Scopes.Operate,
            Hash = hash,
            CreatedAt = Noon.AddTicks(1_234_567),
        };
    }
}
