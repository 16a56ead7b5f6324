using Grpc.Core;
using Sluice.Api.Answers;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Callers;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;
using Wire = Sluice.V1;

namespace Sluice.Api.Rpc;

/// <summary>The gateway's service: turns, as the native HTTP surface has them.</summary>
internal sealed class AgentGatewayService(
    ISessionHost host,
    RpcRequestReader requests,
    TurnResumption resumption,
    ICallers callers,
    Pulse pulse,
    HttpSurfaceOptions options,
    OriginMarks marks,
    StreamMetrics metrics) : Wire.AgentGateway.AgentGatewayBase
{
    private static readonly Problem UnknownTurn = new(404, "unknown_turn", "No such turn is known here: it never was, is another's, or has been forgotten.");

    [Needs(Scopes.Invoke)]
    public override async Task<Wire.InvokeResponse> Invoke(Wire.InvokeRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        Refuse(RpcRequestReader.ReadFormat(request.Format, out var format), http);
        if (request.Resume is not null)
        {
            return await ResumeAsync(request, http, format, context.CancellationToken);
        }

        var asked = Read(request, http, Delivery.Whole);
        var admission = await host.StartAsync(asked, ReadInterest.TheEnd, context.CancellationToken);
        var reader = Admitted(admission, http);
        await using (reader)
        {
            var replayed = TurnHeaders.IsReplay(admission);
            return asked.Grace is null
                ? ResponseOf(reader, http)
                : await AnswerAsync(reader, http, format, isRepeatable: asked.IdempotencyKey is not null, replayed, context.CancellationToken);
        }
    }

    [Needs(Scopes.Invoke)]
    public override async Task InvokeStream(Wire.InvokeRequest request, IServerStreamWriter<Wire.InvokeEvent> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        Refuse(RpcRequestReader.ReadFormat(request.Format, out var format), http);
        if (request.Resume is not null)
        {
            Refuse(RpcRequestReader.ReadResume(request, out var cursor), http);
            await GoOnAsync(cursor, saysEndAgain: true, format, responseStream, context);
            return;
        }

        var admission = await host.StartAsync(Read(request, http, Delivery.Streamed), ReadInterest.EveryEvent, context.CancellationToken);
        var reader = Admitted(admission, http);
        await using (reader)
        {
            TurnHeaders.SetReplayed(http.Response, admission);
            await StreamAsync(reader, after: 0, format, responseStream, context);
        }
    }

    [Needs(Scopes.Read)]
    public override async Task FollowTurn(Wire.FollowTurnRequest request, IServerStreamWriter<Wire.InvokeEvent> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        Refuse(RpcRequestReader.ReadFormat(request.Format, out var format), http);
        Refuse(RpcRequestReader.ReadCursor(request.Cursor, "cursor", out var cursor), http);
        await GoOnAsync(cursor, saysEndAgain: false, format, responseStream, context);
    }

    [Needs(Scopes.Read)]
    public override async Task<Wire.Turn> GetTurn(Wire.GetTurnRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        Refuse(RpcRequestReader.ReadTurn(request.TurnId, "turn_id", out var id), http);
        return Known(await host.FindTurnAsync(callers.CallerOf(http).Tenant, id, context.CancellationToken), http);
    }

    [Needs(Scopes.Invoke)]
    public override async Task<Wire.Turn> CancelTurn(Wire.CancelTurnRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        Refuse(RpcRequestReader.ReadTurn(request.TurnId, "turn_id", out var id), http);
        return Known(await host.CancelAsync(callers.CallerOf(http).Tenant, id, context.CancellationToken), http);
    }

    // The whole answer has no middle to go on from: the cursor's turn is waited for, and told from its beginning.
    private async Task<Wire.InvokeResponse> ResumeAsync(Wire.InvokeRequest request, HttpContext http, StreamFormat format, CancellationToken cancellationToken)
    {
        Refuse(RpcRequestReader.ReadResume(request, out var cursor), http);
        var beginning = cursor with { Sequence = 0 };
        var reader = await host.FollowAsync(callers.CallerOf(http).Tenant, beginning, ReadInterest.TheEnd, cancellationToken)
            ?? throw RpcStatus.ExceptionOf(ResumePoint.UnknownCursor, http);
        await using (reader)
        {
            return await AnswerAsync(reader, http, format, isRepeatable: true, replayed: false, cancellationToken);
        }
    }

    private async Task<Wire.InvokeResponse> AnswerAsync(
        ITurnReader reader, HttpContext http, StreamFormat format, bool isRepeatable, bool replayed, CancellationToken cancellationToken)
    {
        var response = ResponseOf(reader, http);
        if (await reader.EndAsync(cancellationToken) is null)
        {
            throw RpcStatus.ExceptionOf(ProblemTable.Moved(isRepeatable, new Cursor(reader.Turn, 0)), http);
        }

        Refuse(WholeAnswer.Read(reader, out var answer), http);
        response.Write(answer, format, marks);
        response.Replayed = replayed;
        return response;
    }

    private async Task GoOnAsync(Cursor cursor, bool saysEndAgain, StreamFormat format, IServerStreamWriter<Wire.InvokeEvent> stream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var resumed = await resumption.OpenAsync(callers.CallerOf(http).Tenant, cursor, saysEndAgain, context.CancellationToken)
            ?? throw RpcStatus.ExceptionOf(ResumePoint.UnknownCursor, http);
        await using (resumed)
        {
            if (!resumed.IsAtEnd)
            {
                await StreamAsync(resumed.Reader, resumed.After, format, stream, context);
            }
        }
    }

    private async Task StreamAsync(ITurnReader reader, long after, StreamFormat format, IServerStreamWriter<Wire.InvokeEvent> stream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        TurnHeaders.Set(http.Response, reader.Session, reader.Turn);
        var events = new RpcEvents(stream, context, reader, format, marks);

        // The status comes last, so that nothing has to be held back for it.
        await new EventStream(reader, after, events, pulse, options.HeartbeatInterval, metrics).RunAsync(TimeSpan.Zero, context.CancellationToken);
        Refuse(events.Problem, http);
    }

    private TurnRequest Read(Wire.InvokeRequest request, HttpContext http, Delivery delivery)
    {
        var read = requests.Read(request, http, delivery);
        return read.Request ?? throw RpcStatus.ExceptionOf(read.Problem!, http);
    }

    private static ITurnReader Admitted(in Admission admission, HttpContext http) =>
        admission.Reader ?? throw RpcStatus.ExceptionOf(ProblemTable.Of(admission), http);

    private static Wire.InvokeResponse ResponseOf(ITurnReader reader, HttpContext http)
    {
        TurnHeaders.Set(http.Response, reader.Session, reader.Turn);
        return new Wire.InvokeResponse { SessionId = reader.Session.Value, TurnId = reader.Turn.ToString() };
    }

    private Wire.Turn Known(TurnSnapshot? turn, HttpContext http) =>
        turn is null ? throw RpcStatus.ExceptionOf(UnknownTurn, http) : WireMessages.Of(turn, marks);

    // gRPC has exceptions for statuses: what is wrong is a value up to here.
    private static void Refuse(Problem? problem, HttpContext http)
    {
        if (problem is not null)
        {
            throw RpcStatus.ExceptionOf(problem, http);
        }
    }
}
