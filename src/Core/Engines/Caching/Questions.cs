using System.Text.Json;
using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Caching;

/// <summary>Which requests are questions that something else than their engine may answer, and which are the same question.</summary>
internal static class Questions
{
    /// <summary>
    /// A request for an answer. Other methods make sessions, search memories or act: a session of another engine, an old one or an apology in the place of their
    /// result would be worse than a fault.
    /// </summary>
    public static bool Asks(TurnRequest request) => request.ClassMethod is null or "query" or "stream_query" or "async_stream_query";

    /// <summary>
    /// Null when the answer depends on what was said before: in a session that the engine keeps, or that the caller keeps with it. The user belongs to the
    /// question, for the engine is told who asks; unless answers are shared.
    /// </summary>
    public static QuestionKey? KeyOf(string engine, IEngineTurn turn, bool perUser)
    {
        var request = turn.Request;
        if (turn.EngineSessionAt(engine) is not null || NamesOwnSession(request.Input))
        {
            return null;
        }

        using var digest = new QuestionDigest();
        digest.Add(request.Caller.Tenant.Value);
        digest.Add(engine);
        digest.Add(perUser ? turn.UserId : null);
        digest.Add(request.ClassMethod);
        digest.Add([request.Input.IsText ? (byte)1 : (byte)0]);
        if (request.Input.IsText)
        {
            CanonicalJson.AddString(digest, request.Input.Json.Span);
        }
        else
        {
            CanonicalJson.Add(digest, request.Input.Json);
        }

        return digest.ToKey(request.Delivery);
    }

    /// <summary>Whether the input names a session of its engine, or brings its events.</summary>
    public static bool NamesOwnSession(TurnInput input)
    {
        if (input.IsText)
        {
            return false;
        }

        var reader = new Utf8JsonReader(input.Json.Span, new JsonReaderOptions { MaxDepth = CanonicalJson.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("session_id"u8) || reader.ValueTextEquals("sessionId"u8) || reader.ValueTextEquals("session_events"u8))
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }
}
