resource "google_sql_database_instance" "this" {
  project             = var.project_id
  region              = var.region
  name                = var.name
  database_version    = "POSTGRES_17"
  deletion_protection = var.deletion_protection

  settings {
    edition                     = "ENTERPRISE"
    tier                        = var.tier
    availability_type           = var.highly_available ? "REGIONAL" : "ZONAL"
    deletion_protection_enabled = var.deletion_protection

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network_id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }

    database_flags {
      name  = "max_connections"
      value = tostring(var.max_connections)
    }
  }
}

resource "google_sql_database" "sluice" {
  project  = var.project_id
  instance = google_sql_database_instance.this.name
  name     = "sluice"
}

# Made, handed over and forgotten within one apply: the password is in no plan and in no state.
ephemeral "random_password" "gateway" {
  length  = 40
  special = false
}

resource "google_sql_user" "gateway" {
  project             = var.project_id
  instance            = google_sql_database_instance.this.name
  name                = "sluice"
  password_wo         = ephemeral.random_password.gateway.result
  password_wo_version = var.password_version
}

resource "google_secret_manager_secret" "connection" {
  project   = var.project_id
  secret_id = "${var.name}-postgres"

  replication {
    auto {}
  }
}

# Pooled connections are made anew all the time: without Kerberos in the image, Npgsql need not look for it each time.
resource "google_secret_manager_secret_version" "connection" {
  secret = google_secret_manager_secret.connection.id
  secret_data_wo = join(";", [
    "Host=${google_sql_database_instance.this.private_ip_address}",
    "Database=${google_sql_database.sluice.name}",
    "Username=${google_sql_user.gateway.name}",
    "Password=${ephemeral.random_password.gateway.result}",
    "SSL Mode=Require",
    "GSS Encryption Mode=Disable",
  ])
  secret_data_wo_version = var.password_version
}
