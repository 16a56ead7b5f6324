using System.Net.Http.Headers;
using Sluice.Core.Engines;
using Sluice.Vertex.Calls;

namespace Sluice.Vertex.Answers;

/// <summary>What is made of the body of a 200.</summary>
internal interface IAnswer : IDisposable
{
    /// <summary>Sees the head of the answer.</summary>
    void Begin(HttpResponseHeaders headers)
    {
    }

    /// <summary>Reads the body to its end.</summary>
    /// <returns>Why it is no answer; null when it is one.</returns>
    ValueTask<EngineFault?> ReadAsync(Stream body, EngineCall call);
}
