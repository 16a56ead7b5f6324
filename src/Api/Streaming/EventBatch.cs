using System.Runtime.CompilerServices;
using Sluice.Core.Log;

namespace Sluice.Api.Streaming;

/// <summary>Room for what is read at once, on the stack of the one who reads: a stream that waits holds none.</summary>
[InlineArray(16)]
internal struct EventBatch
{
    private TurnEvent _first;
}
