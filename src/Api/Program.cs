using Sluice.Api.Commands;
using Sluice.Api.Configuration;
using Sluice.Api.Development;
using Sluice.Api.Hosting;
using Sluice.Api.Observability;

if (CommandTable.Find(args) is { } command)
{
    return await command.RunAsync(EnvironmentVariables.OfThisProcess(), Console.Out, Console.Error);
}

StandardOutput.WriteWholeLines();
var start = Start.Prepare(args, EnvironmentVariables.OfThisProcess(), Console.Out, Console.Error);
if (start.ExitCode is { } exitCode)
{
    return exitCode;
}

var (builder, options) = (start.Builder, start.Options);
await using var engine = await DevelopmentEngine.StartAsync(options, builder.Environment, Console.Error);
builder.AddListening(options.Listening, options.Metrics);
builder.AddObservability(options);
builder.Services.AddEngines(engine.Options, options.Cache, options.Resilience);
builder.AddStorage(options.Storage, options.Replicas);
builder.Services.AddSessions(options);
builder.AddAccess(options);
builder.Services.AddSurface(options);

var app = builder.Build();
engine.Announce(app.Logger);
return await app.RunToEndAsync(Console.Error, app =>
{
    app.UseObservability();
    app.MapSurface(options.Listening.Role);
});
