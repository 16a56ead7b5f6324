using System.Text;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Vertex.Tests.Stub;

/// <summary>A turn that keeps what the engine gave it, and minds the rules.</summary>
internal class FakeTurn : IEngineTurn
{
    private readonly SemaphoreSlim _published = new(0);
    private bool _isDirty;

    public TurnId Id { get; init; } = TurnId.New();

    public required TurnRequest Request { get; init; }

    public string UserId { get; init; } = "u1";

    public virtual bool IsHeld { get; set; } = true;

    public bool IsFirst { get; init; } = true;

    public EngineSession? EngineSession { get; set; }

    public int Binds { get; private set; }

    public int Publications { get; private set; }

    public bool IsFree { get; set; }

    public List<TokenUsage> Reported { get; } = [];

    public List<string> Raw { get; } = [];

    public List<string> Texts { get; } = [];

    /// <summary>The texts joined, as a person reads them.</summary>
    public string Said => string.Concat(Texts.Where(text => text.Length > 0).Select(text => System.Text.Json.JsonSerializer.Deserialize<string>(text)));

    public static FakeTurn Saying(string text, Delivery delivery = Delivery.Streamed, string? method = null) =>
        Of(TurnInput.OfText(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(text)), delivery, method);

    public static FakeTurn Giving(string json, Delivery delivery = Delivery.Streamed, string? method = null) =>
        Of(TurnInput.OfObject(Encoding.UTF8.GetBytes(json)), delivery, method);

    public EngineSession? EngineSessionAt(string engine) => string.Equals(EngineSession?.Engine, engine, StringComparison.Ordinal) ? EngineSession : null;

    public virtual void BindEngineSession(EngineSession session)
    {
        Binds++;
        EngineSession = session;
    }

    public void ReleaseEngineSession(EngineSession session) => EngineSession = EngineSession == session ? null : EngineSession;

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        if (text.Length is 1 || (text.Length > 1 && (text[0] != '"' || text[^1] != '"')))
        {
            throw new InvalidOperationException("A text is a literal with its quotes.");
        }

        System.Text.Json.JsonDocument.Parse(raw.ToArray()).Dispose();
        Raw.Add(Encoding.UTF8.GetString(raw));
        Texts.Add(Encoding.UTF8.GetString(text));
        _isDirty = true;
    }

    public void Report(TokenUsage soFar) => Reported.Add(soFar);

    public void Publish()
    {
        if (!_isDirty)
        {
            throw new InvalidOperationException("Nothing was appended.");
        }

        _isDirty = false;
        Publications++;
        _published.Release();
    }

    /// <summary>Waits for the next publication; fails after ten seconds.</summary>
    public async Task PublishedAsync() => (await _published.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeTrue("no event came");

    private static FakeTurn Of(TurnInput input, Delivery delivery, string? method) => new()
    {
        Request = new TurnRequest
        {
            Caller = Caller.Local,
            Session = SessionId.Parse("s1"),
            Input = input,
            Delivery = delivery,
            ClassMethod = method,
        },
    };
}
