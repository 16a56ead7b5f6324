using System.Text;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Tests.Engines;

/// <summary>A turn that keeps what engines gave it.</summary>
internal class FakeTurn(TurnRequest request) : IEngineTurn
{
    private readonly Dictionary<string, EngineSession> _sessions = new(StringComparer.Ordinal);

    public TurnId Id { get; } = TurnId.New();

    public TurnRequest Request => request;

    public string UserId { get; init; } = "ann";

    public bool IsHeld { get; set; } = true;

    public bool IsFirst { get; init; } = true;

    public List<string> Raw { get; } = [];

    public List<string> Texts { get; } = [];

    public bool IsFree { get; set; }

    public TokenUsage? Reported { get; private set; }

    public int Published { get; private set; }

    public static FakeTurn Saying(
        string text,
        string? engine = null,
        string? method = null,
        Delivery delivery = Delivery.Streamed,
        string tenant = "local",
        string user = "ann",
        bool isFirst = true,
        bool isStateless = false,
        CacheControl control = default) =>
        new(Of(TurnInput.OfText(Encoding.UTF8.GetBytes($"\"{text}\"")), engine, method, delivery, tenant, isStateless, control)) { UserId = user, IsFirst = isFirst };

    public static FakeTurn Giving(string input) => new(Of(TurnInput.OfObject(Encoding.UTF8.GetBytes(input)), null, null, Delivery.Streamed, "local"));

    public EngineSession? EngineSessionAt(string engine) => _sessions.GetValueOrDefault(engine);

    public void BindEngineSession(EngineSession session) => _sessions[session.Engine] = session;

    public void ReleaseEngineSession(EngineSession session) => _sessions.Remove(session.Engine);

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        Raw.Add(Encoding.UTF8.GetString(raw));
        Texts.Add(Encoding.UTF8.GetString(text));
    }

    public void Report(TokenUsage soFar) => Reported = soFar;

    public void Publish() => Published = Raw.Count;

    private static TurnRequest Of(
        TurnInput input, string? engine, string? method, Delivery delivery, string tenant, bool isStateless = false, CacheControl control = default) => new()
        {
            Caller = new Caller(new TenantId(tenant), "tester"),
            Session = SessionId.Parse("s1"),
            Input = input,
            Delivery = delivery,
            ClassMethod = method,
            Engine = engine,
            IsStateless = isStateless,
            CacheControl = control,
        };
}
