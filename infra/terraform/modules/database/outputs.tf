output "connection_secret" {
  description = "Id of the secret with the connection string, for ConnectionStrings__Postgres."
  value       = google_secret_manager_secret.connection.secret_id
}

output "connection_secret_version" {
  description = "Its version, which is there when the database and its user are."
  value       = google_secret_manager_secret_version.connection.version
}

output "instance_name" {
  description = "Name of the instance."
  value       = google_sql_database_instance.this.name
}
