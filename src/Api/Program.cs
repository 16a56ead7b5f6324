using Sluice.Api.Configuration;
using Sluice.Api.Hosting;
using Sluice.Api.Observability;

var start = Start.Prepare(args, EnvironmentVariables.OfThisProcess(), Console.Out, Console.Error);
if (start.ExitCode is { } exitCode)
{
    return exitCode;
}

var (builder, options) = (start.Builder, start.Options);
builder.AddListening(options.Http);
builder.AddObservability(options);
builder.Services.AddShutdown(options.Hosting);

var app = builder.Build();
app.UseObservability();
return await app.RunToEndAsync(Console.Error);
