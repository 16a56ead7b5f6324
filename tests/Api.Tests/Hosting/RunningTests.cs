using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sluice.Api.Hosting;

namespace Sluice.Api.Tests.Hosting;

public sealed class RunningTests
{
    [Fact]
    public async Task One_that_is_told_to_stop_while_it_starts_stops_as_it_was_told()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        var slow = new Slow();
        builder.Services.AddSingleton<IHostedService>(slow);
        var app = builder.Build();
        var running = app.RunToEndAsync(TextWriter.Null, _ => { });
        await slow.Starts;
        app.Lifetime.StopApplication();
        (await running.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(Start.Success);
    }

    private sealed class Slow : IHostedService
    {
        private readonly TaskCompletionSource _starts = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Starts => _starts.Task;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _starts.SetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
