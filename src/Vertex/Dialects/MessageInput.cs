using System.Buffers;
using System.Text.Json;
using Sluice.Core.Turns;
using Sluice.Vertex.Transport;

namespace Sluice.Vertex.Dialects;

/// <summary>
/// The input of a message to an ADK application: the caller's text or object, with the user, the session and the wish for tokens as they come added where the
/// caller did not say so already.
/// </summary>
internal readonly struct MessageInput
{
    private static readonly ReadOnlyMemory<byte> End = "}}"u8.ToArray();

    private readonly TurnInput _input;
    private readonly ReadOnlyMemory<byte> _callersUser;
    private readonly ReadOnlyMemory<byte> _callersSession;
    private readonly bool _namesSession;
    private readonly bool _namesRunConfig;
    private readonly bool _isEmpty;

    private MessageInput(
        TurnInput input, ReadOnlyMemory<byte> callersUser, ReadOnlyMemory<byte> callersSession, bool namesSession, bool namesRunConfig, bool isEmpty)
    {
        _input = input;
        _callersUser = callersUser;
        _callersSession = callersSession;
        _namesSession = namesSession;
        _namesRunConfig = namesRunConfig;
        _isEmpty = isEmpty;
    }

    /// <summary>Whether a session has to be named for the caller. Not beside <c>session_events</c>, which bring their own.</summary>
    public bool NeedsSession => !_namesSession;

    /// <summary>The engine's session that the caller named.</summary>
    public string? CallersSession => _callersSession.IsEmpty ? null : JsonText.Value(_callersSession.Span);

    public static MessageInput Of(TurnInput input)
    {
        if (input.IsText)
        {
            return new MessageInput(input, default, default, namesSession: false, namesRunConfig: false, isEmpty: false);
        }

        var reader = new Utf8JsonReader(input.Json.Span);
        ReadOnlyMemory<byte> user = default;
        ReadOnlyMemory<byte> sessionId = default;
        bool session = false, runConfig = false, isEmpty = true;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isEmpty = false;
            var isUser = reader.ValueTextEquals("user_id"u8);
            var isSessionId = reader.ValueTextEquals("session_id"u8);
            session |= isSessionId || reader.ValueTextEquals("session_events"u8);
            runConfig |= reader.ValueTextEquals("run_config"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isUser)
            {
                user = input.Json[start..(int)reader.BytesConsumed];
            }
            else if (isSessionId)
            {
                sessionId = input.Json[start..(int)reader.BytesConsumed];
            }
        }

        return new MessageInput(input, user, sessionId, session, runConfig, isEmpty);
    }

    /// <summary>The user the engine's session belongs to, as JSON.</summary>
    public ReadOnlyMemory<byte> User(string user) => _callersUser.IsEmpty ? JsonText.Literal(user) : _callersUser;

    /// <summary>The request's body, with the user as <see cref="User"/> gave it, and the engine's session if one is to be named.</summary>
    public JsonBody Body(string method, ReadOnlyMemory<byte> user, string? session)
    {
        var head = new ArrayBufferWriter<byte>(256);
        head.Write("{\"class_method\":"u8);
        head.Write(JsonText.Literal(method));
        head.Write(",\"input\":{"u8);
        if (_callersUser.IsEmpty)
        {
            head.Write("\"user_id\":"u8);
            head.Write(user.Span);
            head.Write(","u8);
        }

        if (session is not null)
        {
            head.Write("\"session_id\":"u8);
            head.Write(JsonText.Literal(session));
            head.Write(","u8);
        }

        if (!_namesRunConfig)
        {
            // Python's ADK prints whole messages only, unless asked for tokens.
            head.Write("\"run_config\":{\"streaming_mode\":\"sse\"},"u8);
        }

        if (_input.IsText)
        {
            head.Write("\"message\":"u8);
            return new JsonBody(head.WrittenMemory, _input.Json, End);
        }

        // The caller's object, from behind its brace. An empty one brings its own end, and takes no comma before it.
        var rest = _input.Json[(_input.Json.Span.IndexOf((byte)'{') + 1)..];
        return new JsonBody(_isEmpty ? head.WrittenMemory[..^1] : head.WrittenMemory, rest, End[..1]);
    }
}
