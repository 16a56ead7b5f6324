using System.Text;
using System.Text.Json.Nodes;
using Sluice.Vertex.Recovery;

namespace Sluice.Vertex.Tests.Recovery;

public sealed class StreamSpellingTests
{
    [Fact]
    public void An_event_is_spelled_as_the_stream_would_have()
    {
        Spelled("""
            {"name":"projects/1/locations/l/reasoningEngines/2/sessions/3/events/77","author":"a","invocationId":"e-1","timestamp":"2026-03-01T12:00:00.250001Z",
             "content":{"role":"model","parts":[{"text":"é \"x\"","thoughtSignature":"cw=="},{"functionCall":{"id":"f","name":"t","args":{"userName":{"firstName":1}}}}]},
             "actions":{"skipSummarization":true,"stateDelta":{"myKey":1},"transferAgent":"b"},"errorCode":"MAX_TOKENS",
             "eventMetadata":{"partial":false,"turnComplete":true,"longRunningToolIds":["f"],"branch":"r.a","customMetadata":{"keepMe":1}}}
            """).ShouldBe("""
            {"id":"77","author":"a","invocation_id":"e-1","timestamp":1772366400.250001,
             "content":{"role":"model","parts":[{"text":"é \"x\"","thought_signature":"cw=="},{"function_call":{"id":"f","name":"t","args":{"userName":{"firstName":1}}}}]},
             "actions":{"skip_summarization":true,"state_delta":{"myKey":1},"transfer_to_agent":"b"},"error_code":"MAX_TOKENS",
             "turn_complete":true,"long_running_tool_ids":["f"],"branch":"r.a","custom_metadata":{"keepMe":1}}
            """, JsonComparer.Instance);
    }

    [Fact]
    public void An_event_that_the_session_kept_as_it_was_comes_as_it_was() => Spelled("""
        {"name":"s/events/77","author":"a","invocationId":"e-1","timestamp":"2026-03-01T12:00:00Z","content":{"parts":[]},
         "rawEvent":{"id":"uuid","content":{"parts":[{"text":"hi"}]},"usage_metadata":{"prompt_token_count":3},"finish_reason":"STOP"}}
        """).ShouldBe("""
        {"id":"uuid","content":{"parts":[{"text":"hi"}]},"usage_metadata":{"prompt_token_count":3},"finish_reason":"STOP","author":"a","invocation_id":"e-1"}
        """, JsonComparer.Instance);

    private static string Spelled(string json) => Encoding.UTF8.GetString(StreamSpelling.Of(History.Event(json)).Span);

    private sealed class JsonComparer : IEqualityComparer<string>
    {
        public static JsonComparer Instance { get; } = new();

        public bool Equals(string? x, string? y) => JsonNode.DeepEquals(JsonNode.Parse(x!), JsonNode.Parse(y!));

        public int GetHashCode(string obj) => 0;
    }
}
