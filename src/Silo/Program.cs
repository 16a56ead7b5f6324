using Sluice.Api.Configuration;
using Sluice.Api.Development;
using Sluice.Api.Hosting;
using Sluice.Api.Observability;
using Sluice.Silo;
using Sluice.Silo.Hosting;

StandardOutput.WriteWholeLines();
SiloOptions? read = null;
var start = Start.Prepare(
    args,
    SharedByPostgres.In(EnvironmentVariables.OfThisProcess()),
    Console.Out,
    Console.Error,
    new MoreSettings(SiloOptions.Section, settings => read = SiloOptions.Read(settings)));
if (start.ExitCode is { } exitCode)
{
    return exitCode;
}

var (builder, options, silo) = (start.Builder, start.Options, read!);
await using var engine = await DevelopmentEngine.StartAsync(options, builder.Environment, Console.Error);
builder.AddListening(options.Listening, options.Metrics);
builder.AddObservability(options);
builder.Services.AddEngines(engine.Options, options.Cache, options.Resilience);
builder.AddStorage(options.Storage, options.Replicas);
builder.Services.AddSessions(options);
if (builder.AddCluster(silo, options) is { } problem)
{
    await Console.Error.WriteLineAsync($"sluice: {problem}");
    return Start.Refused;
}

builder.AddAccess(options);
builder.Services.AddSurface(options);

var app = builder.Build();
engine.Announce(app.Logger);
return await app.RunToEndAsync(Console.Error, app =>
{
    app.UseObservability();
    app.MapSurface(options.Listening.Role);
    app.MapDashboard(silo);
});
