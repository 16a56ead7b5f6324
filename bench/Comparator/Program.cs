using System.Net;
using Sluice.Bench.Comparator;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.UseKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Listen(IPAddress.Loopback, builder.Configuration.GetValue("PORT", 8080));
});
builder.WebHost.UseSockets(sockets =>
    sockets.UnsafePreferInlineScheduling = builder.Configuration.GetValue("COMPARATOR_INLINE_SCHEDULING", defaultValue: false));

var app = builder.Build();
var passThrough = new PassThrough(
    builder.Configuration["AGENT_ENGINE_ENDPOINT"] ?? throw new InvalidOperationException("AGENT_ENGINE_ENDPOINT is not set."),
    builder.Configuration["AGENT_ENGINE_NAME"] ?? throw new InvalidOperationException("AGENT_ENGINE_NAME is not set."));

var isConstant = builder.Configuration.GetValue("COMPARATOR_CONSTANT", defaultValue: false);

app.Run(context => context.Request.Path.Value switch
{
    "/invoke" when isConstant => Constant.InvokeAsync(context),
    "/invoke" => passThrough.InvokeAsync(context),
    "/invoke/stream" => passThrough.StreamAsync(context),
    "/_health" => Task.CompletedTask,
    _ => NotFound(context),
});
await app.RunAsync();

static Task NotFound(HttpContext context)
{
    context.Response.StatusCode = StatusCodes.Status404NotFound;
    return Task.CompletedTask;
}
