namespace Sluice.Bench.Engine;

/// <summary>What the stub says it is and how its events look.</summary>
internal abstract class Dialect
{
    private byte[] _resource = [];

    /// <summary>The longest line of one event.</summary>
    public const int MaxLine = 400;

    public static Dialect Named(string name) => name switch
    {
        "query" => new QueryDialect(),
        "adk" => new AdkDialect(),
        _ => throw new FormatException($"There is no dialect '{name}'; there are query and adk."),
    };

    /// <summary>The answer to GET on the engine's resource.</summary>
    public byte[] Resource => _resource.Length > 0 ? _resource : _resource = EngineAnswers.Resource(ClassMethods);

    protected abstract string ClassMethods { get; }

    /// <summary>The whole response to :query.</summary>
    public abstract byte[] Query();

    /// <summary>Writes the line of event <paramref name="number"/>, carrying <paramref name="token"/>, without its newline.</summary>
    public abstract int WriteLine(Span<byte> destination, int number, ReadOnlySpan<byte> token);

    /// <summary>Writes a line after the last event, if this dialect has one; <paramref name="text"/> is all tokens together.</summary>
    public virtual int WriteLastLine(Span<byte> destination, ReadOnlySpan<byte> text) => 0;

    /// <summary>Whether <see cref="WriteLastLine"/> wants the text.</summary>
    public virtual bool RepeatsText => false;

    protected static int Join(Span<byte> destination, ReadOnlySpan<byte> before, ReadOnlySpan<byte> token, ReadOnlySpan<byte> after)
    {
        before.CopyTo(destination);
        token.CopyTo(destination[before.Length..]);
        after.CopyTo(destination[(before.Length + token.Length)..]);
        return before.Length + token.Length + after.Length;
    }
}

/// <summary>A plain engine: any JSON is an event.</summary>
internal sealed class QueryDialect : Dialect
{
    private readonly byte[] _query = EngineAnswers.Json("200 OK", """{"output": "pong"}""");

    protected override string ClassMethods => """
        {"name": "query", "api_mode": "", "parameters": {"type": "object", "properties": {"input": {"type": "string"}}}},
        {"name": "stream_query", "api_mode": "stream", "parameters": {"type": "object", "properties": {"input": {"type": "string"}}}}
        """;

    public override byte[] Query() => _query;

    public override int WriteLine(Span<byte> destination, int number, ReadOnlySpan<byte> token) =>
        Join(destination, "{\"chunk\": \""u8, token, "\"}"u8);
}

/// <summary>An agent of the Agent Development Kit: sessions, partial events, and a last event that repeats the whole text.</summary>
internal sealed class AdkDialect : Dialect
{
    private long _sessions;

    public override bool RepeatsText => true;

    protected override string ClassMethods => """
        {"name": "async_create_session", "api_mode": "async", "parameters": {"type": "object", "properties": {"user_id": {"type": "string"}}}},
        {"name": "async_get_session", "api_mode": "async", "parameters": {"type": "object", "properties": {"user_id": {"type": "string"}}}},
        {"name": "async_stream_query", "api_mode": "async_stream", "parameters": {"type": "object", "properties": {"message": {"type": "string"}}}}
        """;

    public override byte[] Query() => EngineAnswers.Json(
        "200 OK",
        $$$"""{"output": {"id": "{{{++_sessions}}}", "app_name": "bench", "user_id": "bench", "state": {}, "events": [], "last_update_time": 1.0}}""");

    public override int WriteLine(Span<byte> destination, int number, ReadOnlySpan<byte> token) => Join(
        destination,
        "{\"content\": {\"parts\": [{\"text\": \""u8,
        token,
        "\"}], \"role\": \"model\"}, \"partial\": true, \"invocation_id\": \"e-bench\", \"author\": \"bench\", \"actions\": {\"state_delta\": {}, \"artifact_delta\": {}}, \"id\": \"bench\", \"timestamp\": 1.0}"u8);

    public override int WriteLastLine(Span<byte> destination, ReadOnlySpan<byte> text) => Join(
        destination,
        "{\"content\": {\"parts\": [{\"text\": \""u8,
        text,
        "\"}], \"role\": \"model\"}, \"partial\": false, \"finish_reason\": \"STOP\", \"invocation_id\": \"e-bench\", \"author\": \"bench\", \"actions\": {\"state_delta\": {}, \"artifact_delta\": {}}, \"id\": \"bench\", \"timestamp\": 1.0}"u8);
}
