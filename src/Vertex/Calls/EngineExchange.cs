using System.Diagnostics;
using System.Net;
using Sluice.Core.Engines;
using Sluice.Vertex.Answers;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Faults;
using Sluice.Vertex.Framing;
using Sluice.Vertex.Transport;

namespace Sluice.Vertex.Calls;

/// <summary>Sends one request and reads its answer; whatever goes wrong on the way becomes a fault.</summary>
internal sealed class EngineExchange(EngineConnection connection, IAccessTokens tokens, TimeProvider time)
{
    /// <summary>Google's longest errors list every method of an engine.</summary>
    private const int MaxErrorBytes = 64 * 1024;

    /// <param name="request">What is sent.</param>
    /// <param name="answer">Reads the answer.</param>
    /// <param name="call">Its deadlines.</param>
    /// <param name="activity">Its span.</param>
    /// <param name="turn">The turn it is sent for, and not if another process has that; null: it only reads.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled; the connection to the engine is closed.</exception>
    public async ValueTask<EngineFault?> RunAsync(EngineRequest request, IAnswer answer, EngineCall call, Activity? activity, IEngineTurn? turn = null)
    {
        try
        {
            for (var isRenewed = false; ; isRenewed = true)
            {
                var authorization = await tokens.GetAsync(call.Token);
                if (authorization.Problem is { } problem)
                {
                    return new EngineFault(FaultKind.CredentialsUnavailable, problem);
                }

                // Asked this late because a token may take its time, and each time because a refused one does as well.
                if (turn is { IsHeld: false })
                {
                    return Interruption.LetGo(mayHaveStarted: false);
                }

                // The body may be sent once more, so it is not disposed with the message; it holds nothing to dispose.
                var message = connection.Message(request, authorization);
                using var response = await connection.SendAsync(message, call.Token);
                Telemetry.Answered(activity, (int)response.StatusCode);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    answer.Begin(response.Headers);
                    await using var body = await response.Content.ReadAsStreamAsync(call.Token);
                    return await answer.ReadAsync(body, call);
                }

                // A refused token did not start anything. One new token is worth one more try.
                if (response.StatusCode == HttpStatusCode.Unauthorized && !isRenewed && tokens.Refused(authorization))
                {
                    continue;
                }

                return await ReadFaultAsync(response, call);
            }
        }
        catch (Exception defect) when (TransportFaults.Of(defect) is not null)
        {
            // However the stack words it: a deadline or the caller's leave is what ended the call if one of them came.
            return call.Expired() ?? TransportFaults.Of(defect);
        }
    }

    private async ValueTask<EngineFault> ReadFaultAsync(HttpResponseMessage response, EngineCall call)
    {
        await using var body = await response.Content.ReadAsStreamAsync(call.Token);
        using var bytes = new PooledBytes();
        try
        {
            int read;
            while (bytes.Length < MaxErrorBytes && (read = await body.ReadAsync(bytes.Room(4096), call.Token)) > 0)
            {
                bytes.Wrote(read);
            }
        }
        catch (IOException)
        {
            // The status says enough.
        }

        return AnswerFaults.OfStatus((int)response.StatusCode, ErrorEnvelope.Read(bytes.Written), RetryAfter(response), call.Elapsed);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter;
        var delay = after?.Delta ?? after?.Date - time.GetUtcNow();
        return delay is null ? null : delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
    }
}
